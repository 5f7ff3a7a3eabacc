/* Spec of core/format/pytorch_zip.c. */
#include "weights_file.h"

/* Writes a number over the bytes at a place. */
static void poke(struct zip *z, size_t at, uint64_t value, size_t bytes) {
  memcpy(z->bytes + at, &value, bytes);
}

static void cut_off(struct zip *z) {
  z->len -= 10;
}
static void trailing(struct zip *z) {
  zip_put(z, "x", 1);
}
static void compressed(struct zip *z) {
  poke(z, z->central[2] + 10, 8, 2);
}
static void compressed_local(struct zip *z) {
  poke(z, z->local[2] + 8, 8, 2);
}
static void encrypted(struct zip *z) {
  poke(z, z->central[2] + 8, 1, 2);
}
static void other_disk(struct zip *z) {
  poke(z, z->central[2] + 34, 1, 2);
}
static void two_sizes(struct zip *z) {
  poke(z, z->central[2] + 20, 23, 4);
}
static void wrong_crc(struct zip *z) {
  poke(z, z->central[0] + 16, 1, 4);
}
static void no_local(struct zip *z) {
  poke(z, z->local[2], 0, 4);
}
static void far_local(struct zip *z) {
  poke(z, z->central[2] + 42, 0xFFFFFF00, 4);
}
static void wrong_name(struct zip *z) {
  poke(z, z->local[2] + ZIP_LOCAL, 'n', 1);
}
static void name_nul(struct zip *z) {
  poke(z, z->central[2] + ZIP_CENTRAL, 0, 1);
}
static void long_name(struct zip *z) {
  poke(z, z->central[3] + 28, 0xFFFF, 2);
}
static void no_pickle(struct zip *z) {
  poke(z, z->local[0] + ZIP_LOCAL + 2, 'D', 1);
  poke(z, z->central[0] + ZIP_CENTRAL + 2, 'D', 1);
}
static void too_large(struct zip *z) {
  poke(z, z->central[2] + 20, 1 << 20, 4);
  poke(z, z->central[2] + 24, 1 << 20, 4);
}
static void overlap(struct zip *z) {
  poke(z, z->central[2] + 20, 40, 4);
  poke(z, z->central[2] + 24, 40, 4);
}
static void same_place(struct zip *z) {
  /* m/byteorder and m/version: one becomes a second name of the other's place. */
  poke(z, z->central[3] + 42, z->local[1], 4);
}
static void twice(struct zip *z) {
  memcpy(z->bytes + z->local[3] + ZIP_LOCAL, "m/data/01", 9);
  memcpy(z->bytes + z->central[3] + ZIP_CENTRAL, "m/data/01", 9);
  z->bytes[z->local[2] + ZIP_LOCAL + 7] = '0';
  memcpy(z->bytes + z->local[3] + ZIP_LOCAL, "m/data/0", 8);
  memcpy(z->bytes + z->central[3] + ZIP_CENTRAL, "m/data/0", 8);
  poke(z, z->local[3] + 26, 8, 2);
  poke(z, z->local[3] + 28, 1, 2);
  poke(z, z->central[3] + 28, 8, 2);
  poke(z, z->central[3] + 32, 1, 2); /* the ninth byte becomes a comment */
}
static void big_endian(struct zip *z) {
  memcpy(z->bytes + z->data[1], "bigend", 6);
  poke(z, z->central[1] + 16, zip_crc("bigend", 6), 4);
}
static void bad_extra(struct zip *z) {
  poke(z, z->central[3] + 28, 4, 2); /* five bytes of the name become an extra field */
  poke(z, z->central[3] + 30, 5, 2);
  poke(z, z->central[3] + ZIP_CENTRAL + 6, 0xFFFF, 2);
}
static void script(struct zip *z) {
  memcpy(z->bytes + z->central[3] + ZIP_CENTRAL, "m/code/ab", 9);
}
static void no_directory(struct zip *z) {
  poke(z, z->directory, 0, 4);
}
static void few_entries(struct zip *z) {
  poke(z, z->end64 + 24, 3, 8);
  poke(z, z->end64 + 32, 3, 8);
  poke(z, z->end + 8, 3, 2);
  poke(z, z->end + 10, 3, 2);
}
static void count_lie(struct zip *z) {
  poke(z, z->end64 + 32, 5, 8);
}
static void huge_count(struct zip *z) {
  poke(z, z->end64 + 24, UINT64_MAX, 8);
  poke(z, z->end64 + 32, UINT64_MAX, 8);
  poke(z, z->end + 8, 0xFFFF, 2);
  poke(z, z->end + 10, 0xFFFF, 2);
}
static void more_entries(struct zip *z) {
  poke(z, z->end64 + 24, 60000, 8);
  poke(z, z->end64 + 32, 60000, 8);
  poke(z, z->end + 8, 60000, 2);
  poke(z, z->end + 10, 60000, 2);
}
static void offset_lie(struct zip *z) {
  poke(z, z->end64 + 48, UINT64_MAX - 3, 8);
  poke(z, z->end + 16, UINT32_MAX, 4);
}
static void size_lie(struct zip *z) {
  poke(z, z->end64 + 40, UINT64_MAX, 8);
  poke(z, z->end + 12, UINT32_MAX, 4);
}
static void classic_lie(struct zip *z) {
  poke(z, z->end + 16, 1, 4);
}
static void locator_lie(struct zip *z) {
  poke(z, z->locator + 8, UINT64_MAX, 8);
}
static void end64_mark(struct zip *z) {
  poke(z, z->end64, 0, 4);
}
static void end64_size(struct zip *z) {
  poke(z, z->end64 + 4, UINT64_MAX, 8);
}
static void end64_disk(struct zip *z) {
  poke(z, z->end64 + 16, 1, 4);
}
static void disk(struct zip *z) {
  poke(z, z->end + 4, 1, 2);
}
static void two_ends(struct zip *z) {
  poke(z, z->end + 20, 22, 2);
  zip_number(z, 0x06054b50, 4);
  zip_zeros(z, 18);
}

static void test_zip_refused(void) {
  static const struct {
    const char *says;
    void (*damage)(struct zip *z);
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"a zip file has its end", cut_off, "without its end: cut off?"},
      {"nothing follows the end", trailing, "without its end"},
      {"a compressed entry is refused", compressed, "m/data/0: it is compressed"},
      {"an entry that is compressed in its header is refused", compressed_local,
       "not what the zip directory says"},
      {"an encrypted entry is refused", encrypted, "encrypted"},
      {"an entry of another disk is refused", other_disk, "in another file"},
      {"a stored entry has one size", two_sizes, "two different sizes"},
      {"the pickle's checksum is right", wrong_crc, "m/data.pkl: its checksum is wrong"},
      {"an entry has a header", no_local, "not what the zip directory says"},
      {"a header is in the file", far_local, "outside the file"},
      {"a header has the name of the directory", wrong_name,
       "not what the zip directory"},
      {"a name has no NUL", name_nul, "holds a NUL"},
      {"a name is in the directory", long_name, "directory is damaged"},
      {"there is a data.pkl", no_pickle, "without data.pkl"},
      {"an entry ends in the file", too_large, "outside the file"},
      {"entries do not overlap", overlap, "overlaps another"},
      {"two entries do not share a place", same_place, "not what the zip directory says"},
      {"a name occurs once", twice, "m/data/0: it is there twice"},
      {"the byte order is little-endian", big_endian, "not little-endian"},
      {"an extra field is whole", bad_extra, "extra field is damaged"},
      {"a TorchScript program is refused", script, "TorchScript program"},
      {"the directory has its marks", no_directory, "directory is damaged"},
      {"the directory has all entries", few_entries, "directory is damaged"},
      {"the zip64 record agrees with itself", count_lie, "disagree"},
      {"a huge number of entries is refused", huge_count, "too many zip entries"},
      {"a number of entries fits the directory", more_entries, "room for fewer entries"},
      {"a zip64 offset does not wrap", offset_lie, "not where it is said to be"},
      {"a zip64 size does not wrap", size_lie, "not where it is said to be"},
      {"the two end records agree", classic_lie, "disagree"},
      {"the zip64 record is in its place", locator_lie, "not where it is said to be"},
      {"the zip64 record has its mark", end64_mark, "zip64 end record is damaged"},
      {"the zip64 record has its size", end64_size, "zip64 end record is damaged"},
      {"the zip64 record is of the first disk", end64_disk, "disagree"},
      {"the end is of the first disk", disk, "in several parts"},
      {"two ends are two archives", two_ends, "with two ends"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    struct zip z;
    zip_of_pickle(&z, BYTES(DICT(STR("\1", "a") ROWS)), true);
    rows[i].damage(&z);
    write_file("x.bin", z.bytes, z.len);
    const bool kind =
        strstr(rows[i].words, "TorchScript") || strstr(rows[i].words, "endian");
    expect_refusal(open_file("x.bin"), kind ? BIOBERT_UNSUPPORTED : BIOBERT_FORMAT,
                   rows[i].words);
  }
}

static void test_zip_read(void) {
  struct zip z;
  check_begin("a zip file without zip64 records is read");
  zip_of_pickle(&z, BYTES(DICT(STR("\1", "a") ROWS)), false);
  write_file("x.bin", z.bytes, z.len);
  bb_weights *w = open_file("x.bin");
  expect_values(w, "a", (const float[]){1, 2, 3, 4, 5, 6}, 6);
  bb_weights_close(w);

  check_begin("a file of two pickles is refused");
  static unsigned char file[FILE_BYTES];
  z = (struct zip){.bytes = file, .capacity = sizeof file};
  zip_add(&z, "a/data.pkl", BYTES("\x80\2}."));
  zip_add(&z, "b/data.pkl", BYTES("\x80\2}."));
  zip_finish(&z, true);
  write_file("x.bin", z.bytes, z.len);
  expect_refusal(open_file("x.bin"), BIOBERT_FORMAT, "two data.pkl");

  check_begin("an empty zip file is refused");
  z = (struct zip){.bytes = file, .capacity = sizeof file};
  zip_finish(&z, true);
  write_file("x.bin", z.bytes, z.len);
  expect_refusal(open_file("x.bin"), BIOBERT_FORMAT, "without data.pkl");
}

/* Numbers of an entry that do not fit 32 bits are in an extra field, those alone that
 * do not, in the order of size, size in the file, place. */
static void test_zip64_fields(void) {
  static const struct {
    const char *says, *extra;
    size_t bytes;
    unsigned wide;     /* bits: size, size in the file, place */
    const char *words; /* NULL: it is read */
  } rows[] = {
  /* clang-format off */
      {"all numbers of an entry may be wide",
       BYTES("\1\0\x18\0\x18\0\0\0\0\0\0\0\x18\0\0\0\0\0\0\0PPPPPPPP"), 7, NULL},
      {"a place alone may be", BYTES("\1\0\x08\0PPPPPPPP"), 4, NULL},
      {"another field before it does not matter",
       BYTES("\2\0\x08\0xxxxxxxx\1\0\x08\0PPPPPPPP"), 4, NULL},
      {"a field of numbers that fit is not asked", BYTES("\1\0\x08\0xxxxxxxx"), 0, NULL},
      {"a wide number is whole", BYTES("\1\0\4\0PPPP"), 4, "extra field is damaged"},
      {"a field is no longer than its entry", BYTES("\1\0\x09\0PPPPPPPP"), 4,
       "extra field is damaged"},
      {"a wide number is there", BYTES(""), 4, "outside the file"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    static unsigned char file[FILE_BYTES];
    struct zip z, from;
    unsigned char extra[64];
    check_begin(rows[i].says);
    zip_of_pickle(&from, BYTES(DICT(STR("\1", "a") ROWS)), false);
    /* The same file, with the field between the third entry and the fourth. */
    const uint64_t place = from.local[2];
    memcpy(extra, rows[i].extra, rows[i].bytes);
    for (size_t at = 0; at + 8 <= rows[i].bytes; at++)
      if (memcmp(extra + at, "PPPPPPPP", 8) == 0) memcpy(extra + at, &place, 8);
    z = from;
    z.bytes = file;
    memcpy(file, from.bytes, from.central[3]);
    z.len = from.central[3];
    zip_put(&z, extra, rows[i].bytes);
    zip_put(&z, from.bytes + from.central[3], from.len - from.central[3]);
    poke(&z, z.central[2] + 30, rows[i].bytes, 2);
    if (rows[i].wide & 1) poke(&z, z.central[2] + 24, UINT32_MAX, 4);
    if (rows[i].wide & 2) poke(&z, z.central[2] + 20, UINT32_MAX, 4);
    if (rows[i].wide & 4) poke(&z, z.central[2] + 42, UINT32_MAX, 4);
    const size_t end = from.end + rows[i].bytes;
    poke(&z, end + 12, end - z.directory, 4);
    write_file("x.bin", z.bytes, z.len);
    bb_weights *w = open_file("x.bin");
    if (rows[i].words)
      expect_refusal(w, BIOBERT_FORMAT, rows[i].words);
    else
      expect_values(w, "a", (const float[]){1, 2, 3, 4, 5, 6}, 6);
    if (!rows[i].words) bb_weights_close(w);
  }
}

int main(void) {
  begin_files();
  test_zip_refused();
  test_zip_read();
  test_zip64_fields();
  return end_files();
}
