// MAX_POOL_2D: no multiply-accumulates of weights, so it is the portable kernel's.

#include "../portable/max_pool_2d.cc"
