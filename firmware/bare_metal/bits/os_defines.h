// Takes the place of libstdc++'s header of the same name, which describes the host's operating
// system: there is none on the target. Used with a GCC that has no C++ library of its own.
