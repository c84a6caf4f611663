// AVERAGE_POOL_2D: no multiply-accumulates of weights, so it is the portable kernel's.

#include "../portable/average_pool_2d.cc"
