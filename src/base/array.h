/* SPDX-License-Identifier: MIT */
/* array.h: the number of elements of an array. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
