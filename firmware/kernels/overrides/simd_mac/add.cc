// ADD: no multiply-accumulates of weights, so it is the portable kernel's.

#include "../portable/add.cc"
