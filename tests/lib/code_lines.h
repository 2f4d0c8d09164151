/* Location tables of CPython and the lines and columns that CPython itself reads in them.

   Written by tests/lib/code_lines.py with CPython 3.13.5; do not edit. Lines are 0 and columns -1
   where CPython says None. */

#ifndef CODE_LINES_H
#define CODE_LINES_H

#include <stdint.h>

static const uint8_t table_0[] = {
    240, 3, 1, 1, 1, 242, 4, 2, 1, 17, 242, 10, 7, 1, 23, 242,
    20, 99, 1, 1, 19, 247, 76, 3, 4, 1, 30, 242, 0, 4, 1, 30
};
static const int lines_0[] = {
    0, 2, 2, 2, 7, 7, 7, 17, 17, 17, 119, 119, 119, 119, 119, 119,
    119, 119, 119, 119, 119
};
static const int columns_0[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0
};

static const uint8_t table_1[] = {
    128, 0, 216, 8, 9, 137, 5, 128, 65, 216, 11, 12, 136, 113, 137, 53,
    128, 76
};
static const int lines_1[] = {
    2, 3, 3, 3, 3, 4, 4, 4, 4, 4
};
static const int columns_1[] = {
    0, 8, 8, 8, 4, 11, 15, 11, 11, 4
};

static const uint8_t table_2[] = {
    248, 128, 0, 222, 7, 8, 216, 15, 23, 143, 127, 137, 127, 240, 0, 0,
    109, 2, 110, 2, 240, 0, 0, 113, 2, 114, 2, 241, 0, 0, 109, 2,
    114, 2, 216, 12, 13, 243, 3, 1, 16, 15, 240, 0, 1, 9, 15, 224,
    12, 13, 224, 12, 13, 220, 12, 21, 240, 7, 3, 12, 23, 240, 0, 3,
    5, 23
};
static const int lines_2[] = {
    0, 7, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9,
    9, 9, 9, 9, 9, 9, 9, 9, 10, 9, 9, 9, 9, 9, 11, 13,
    14, 14, 14, 14, 14, 11, 11
};
static const int columns_2[] = {
    -1, 0, 7, 7, 7, 7, 7, 7, 7, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 172, 176, 172, 172, 12, 15, 15, 15, 15, 8, 12, 12,
    12, 12, 12, 12, 12, 11, 4
};

static const uint8_t table_3[] = {
    248, 128, 0, 145, 65
};
static const int lines_3[] = {
    0, 14, 14, 14
};
static const int columns_3[] = {
    -1, 0, 20, 20
};

static const uint8_t table_4[] = {
    233, 0, 128, 0, 240, 2, 96, 1, 5, 17, 217, 8, 9, 140, 3, 240,
    126, 2, 0, 13, 17, 136, 1, 220, 9, 13, 136, 97, 140, 23, 144, 68,
    216, 14, 18, 138, 10, 247, 3, 0, 10, 17, 136, 23, 248, 244, 127, 2,
    0, 12, 22, 243, 0, 1, 5, 21, 220, 8, 13, 136, 101, 143, 12, 137,
    12, 251, 240, 3, 1, 5, 21, 251, 240, 124, 2, 0, 13, 17, 137, 1,
    250, 223, 9, 16, 141, 23, 252
};
static const int lines_4[] = {
    17, 17, 17, 18, 19, 19, 19, 19, 19, 19, 19, 114, 114, 115, 115, 115,
    115, 115, 115, 115, 115, 115, 115, 115, 115, 116, 116, 116, 116, 115, 115, 115,
    115, 115, 115, 115, 115, 115, 0, 20, 20, 20, 20, 20, 20, 20, 20, 20,
    21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21,
    0, 0, 0, 0, 20, 0, 0, 0, 0, 114, 114, 114, 0, 0, 0, 115,
    115, 115, 115, 115, 115, 115, 115, 115, 115, 115, 115, 115, 115, 0, 0, 0,
    0, 0
};
static const int columns_4[] = {
    -1, -1, 0, 4, 8, 8, 8, 8, 8, 8, 8, 12, 8, 9, 9, 9,
    9, 9, 14, 9, 9, 9, 9, 9, 20, 14, 8, 8, 8, 9, 9, 9,
    9, 9, 9, 9, 9, 9, -1, 11, 11, 11, 11, 11, 4, 4, 4, 4,
    8, 8, 8, 8, 8, 14, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
    -1, -1, -1, -1, 4, -1, -1, -1, -1, 12, 8, 8, -1, -1, -1, 9,
    9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, -1, -1, -1,
    -1, -1
};

static const uint8_t table_5[] = {
    135, 0, 216, 16, 17, 128, 68, 136, 35, 131, 77, 245, 4, 1, 5, 30
};
static const int lines_5[] = {
    119, 119, 119, 119, 119, 119, 119, 119, 120, 120, 120, 120, 120, 120, 120, 122,
    122, 122, 122, 122, 122
};
static const int columns_5[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 16, 4, 10, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4
};

static const uint8_t table_6[] = {
    128, 0, 216, 15, 19, 143, 121, 137, 121, 152, 65, 137, 126, 208, 8, 29
};
static const int lines_6[] = {
    122, 123, 123, 123, 123, 123, 123, 123, 123, 123, 123, 123, 123, 123, 123, 123
};
static const int columns_6[] = {
    0, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 28, 15, 15, 8
};

static const uint8_t table_7[] = {
    233, 0, 233, 2, 233, 80, 1, 233, 7, 233, 80, 92, 2, 233, 73, 89,
    2, 240, 14, 2, 101, 1, 4, 240, 41, 108, 4, 97, 62, 71, 1, 251,
    200, 127, 224, 200, 210
};
static const int lines_7[] = {
    2, 2, 3, 3, 43, 43, 40, 40, 5040, 5040, 140, 140, 147, 127, 0, 0,
    0, 0, 127, 129
};
static const int columns_7[] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 100, 4000, -1, -1,
    -1, -1, 79, 200
};

static const struct {
    const char *name;
    uint32_t first_line;
    const uint8_t *table;
    uint32_t table_length;
    const int *lines, *columns;
    uint32_t units;
} code_lines[] = {
    { "<module>", 1, table_0, sizeof(table_0), lines_0, columns_0,
      sizeof(lines_0) / sizeof(lines_0[0]) },
    { "short", 2, table_1, sizeof(table_1), lines_1, columns_1,
      sizeof(lines_1) / sizeof(lines_1[0]) },
    { "wide", 7, table_2, sizeof(table_2), lines_2, columns_2,
      sizeof(lines_2) / sizeof(lines_2[0]) },
    { "wide.<locals>.<lambda>", 14, table_3, sizeof(table_3), lines_3, columns_3,
      sizeof(lines_3) / sizeof(lines_3[0]) },
    { "apart", 17, table_4, sizeof(table_4), lines_4, columns_4,
      sizeof(lines_4) / sizeof(lines_4[0]) },
    { "Shape", 119, table_5, sizeof(table_5), lines_5, columns_5,
      sizeof(lines_5) / sizeof(lines_5[0]) },
    { "Shape.area", 122, table_6, sizeof(table_6), lines_6, columns_6,
      sizeof(lines_6) / sizeof(lines_6[0]) },
    { "hand_made", 2, table_7, sizeof(table_7), lines_7, columns_7,
      sizeof(lines_7) / sizeof(lines_7[0]) },
};

#endif
