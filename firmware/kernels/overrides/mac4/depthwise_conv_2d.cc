// DEPTHWISE_CONV_2D: the CFU adds up the products of neighbours, and neighbours are channels here,
// which must not be added up. It is the portable kernel's.

#include "../portable/depthwise_conv_2d.cc"
