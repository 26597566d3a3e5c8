#ifndef ANALYTICS_KDE_EXPONENTIAL_H
#define ANALYTICS_KDE_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/*
 * exp(y) without a branch, so that loops of it become vector code, for |y| <= 700: kernel.c and
 * pairs.c sum up bells with it. y = k ln 2 + r; adding and taking away 1.5 * 2^52 rounds
 * y / ln 2 to the integer k, which also stands in the low bits of the sum; exp(r) is the minimax
 * polynomial of degree 10 on |r| <= ln(2)/2 (relative error 2.2e-16, by Remez' exchange).
 */
static inline double kde_exponential(double y)
{
    const double shifter = 6755399441055744.0;
    const double shifted = y * 1.4426950408889634074 + shifter;
    const double k = shifted - shifter;
    /* ln 2 in two parts: the first has 32 bits, so that k times it is exact. */
    const double r = (y - k * 0.69314718036912381649) - k * 1.9082149292705877e-10;
    const double r2 = r * r;
    const double low = (1.0 + 1.0000000000000064426 * r) +
                       r2 * (4.9999999999997287008e-1 + 1.6666666666557741133e-1 * r);
    const double middle = (4.1666666668426018562e-2 + 8.3333333846658249813e-3 * r) +
                          r2 * (1.3888888499138056402e-3 + 1.9841171384186399367e-4 * r);
    const double high = (2.4801917688009039878e-5 + 2.7639768267783989444e-6 * r) +
                        r2 * 2.7488443509144018232e-7;
    const double p = low + r2 * r2 * (middle + r2 * r2 * high);
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52; /* the power of two; the shifter's own bits fall out */
    double power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

#endif
