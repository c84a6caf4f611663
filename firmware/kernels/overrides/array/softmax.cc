// SOFTMAX: no multiply-accumulates, so it is the portable kernel's.

#include "../portable/softmax.cc"
