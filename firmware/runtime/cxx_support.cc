// What compiled C++ refers to, in a program that never ends and has no heap.

#include <cstddef>
#include <cstdlib>

extern "C" {

void* __dso_handle = nullptr;

// Static objects are never destroyed.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }

[[noreturn]] void __cxa_pure_virtual() { std::abort(); }

}  // extern "C"

// Virtual destructors refer to these, though nothing can have been allocated.
void operator delete(void*) noexcept { std::abort(); }
void operator delete(void*, std::size_t) noexcept { std::abort(); }
