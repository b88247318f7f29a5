#include "spelling.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "array.h"

/* A walk through what a text says if some layers are undone. */
typedef struct walk {
  const char *at, *end;
  int layers;
  bool cut; /* it has come to the end */
} walk;

static char only_byte(const spelling *s) {
  if (s->count == 1) return s->bytes[0];
  return '\0';
}

/* The next byte; 0 where there is none, or a longer character. */
static char next(walk *w) {
  if (w->at == w->end) {
    w->cut = true;
    return '\0';
  }
  const spelling found = aic_spelling_read(w->at, w->end, w->layers);
  w->at += found.taken;
  w->cut = w->cut || found.cut;
  return only_byte(&found);
}

static int digit_of(char byte, int base) {
  static const char digits[] = "0123456789abcdef0123456789ABCDEF";
  const char *found = byte != '\0' ? strchr(digits, byte) : NULL;
  const int value = found != NULL ? (int)(found - digits) % 16 : 16;
  return value < base ? value : -1;
}

/* So many hexadecimal digits; -1: something else. */
static long read_hex(walk *w, int count) {
  long value = 0;
  while (count-- > 0) {
    const int digit = digit_of(next(w), 16);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* Behind a backslash. */
static long read_escape(walk *w) {
  static const char names[] = "bfnrt0", values[] = "\b\f\n\r\t";
  const char name = next(w);
  if (name == 'x') return read_hex(w, 2);
  if (name != 'u') {
    const char *found = name != '\0' ? strchr(names, name) : NULL;
    return found != NULL ? values[found - names] : name != '\0' ? (unsigned char)name : -1;
  }
  const long first = read_hex(w, 4);
  if (first < 0xD800 || first > 0xDBFF) return first;
  if (next(w) != '\\') return -1;
  if (next(w) != 'u') return -1;
  const long second = read_hex(w, 4);
  return second >= 0xDC00 && second <= 0xDFFF ? 0x10000 + (first - 0xD800) * 0x400 + second - 0xDC00
                                              : -1;
}

static const struct {
  const char *name;
  char means;
} references[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''},
    {"excl", '!'}, {"num", '#'}, {"dollar", '$'}, {"percnt", '%'}, {"lpar", '('}, {"rpar", ')'},
    {"ast", '*'}, {"plus", '+'}, {"comma", ','}, {"period", '.'}, {"sol", '/'}, {"colon", ':'},
    {"semi", ';'}, {"equals", '='}, {"quest", '?'}, {"commat", '@'}, {"lsqb", '['}, {"lbrack", '['},
    {"bsol", '\\'}, {"rsqb", ']'}, {"rbrack", ']'}, {"Hat", '^'}, {"lowbar", '_'}, {"grave", '`'},
    {"lcub", '{'}, {"lbrace", '{'}, {"verbar", '|'}, {"rcub", '}'}, {"rbrace", '}'}};

/* Behind an ampersand. */
static long read_reference(walk *w) {
  char word[12]; /* "#x10FFFF", or zeros before less than that */
  size_t length = 0;
  while ((word[length] = next(w)) != ';') {
    const bool fits = word[length] == '#' ? length == 0 : isalnum((unsigned char)word[length]) != 0;
    if (!fits || ++length == sizeof word) return -1; /* at once: looking far ahead adds up */
  }
  word[length] = '\0';
  if (word[0] != '#') {
    size_t row = 0;
    while (row < COUNT(references) && strcasecmp(references[row].name, word) != 0) row++;
    return row < COUNT(references) ? references[row].means : -1;
  }
  const int base = word[1] == 'x' || word[1] == 'X' ? 16 : 10;
  long value = 0;
  for (const char *at = word + (base == 16 ? 2 : 1); *at != '\0' && value >= 0; at++) {
    const int digit = digit_of(*at, base);
    value = digit >= 0 && value < 0x110000 ? value * base + digit : -1;
  }
  return length > 1 ? value : -1;
}

/* A code point in UTF-8; of a percent-encoding it is a byte. */
static void encode(spelling *into, long point, bool is_byte) {
  static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
  into->count = point < 0x80 || is_byte ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = into->count; i-- > 1; point >>= 6) into->bytes[i] = (char)(0x80 | (point & 0x3F));
  into->bytes[0] = (char)(marks[is_byte ? 0 : into->count] | point);
}

spelling aic_spelling_read(const char *at, const char *end, int layers) {
  spelling plain = {{*at}, 1, 1, false};
  if (layers == 0) return plain;
  plain = aic_spelling_read(at, end, layers - 1);
  const char first = only_byte(&plain);
  if (first == '+') plain.bytes[0] = ' ';
  if (first != '%' && first != '&' && first != '\\') return plain;
  walk w = {at + plain.taken, end, layers - 1, plain.cut};
  const long point = first == '%'   ? read_hex(&w, 2)
                     : first == '&' ? read_reference(&w)
                                    : read_escape(&w);
  plain.cut = w.cut;
  if (point < 0 || point > 0x10FFFF) return plain;
  encode(&plain, point, first == '%');
  plain.taken = (size_t)(w.at - at);
  return plain;
}
