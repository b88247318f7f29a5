#pragma once

/* How many elements an array has; not for a pointer to its first. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
