/* pytorch_zip.c - the reader of what torch.save() writes since PyTorch 1.6.
 *
 *   zip of stored (uncompressed) files, all below one folder:
 *     <root>/data.pkl       a pickle: names, shapes, which storage (pickle.c)
 *     <root>/data/<key>     the bytes of a storage
 *     <root>/byteorder      "little" or "big"; absent in older files
 *
 * The writer streams: sizes are in the central directory at the end, the headers in
 * front of the data have zeros. The directory must be consistent in itself, with the file
 * and with the headers, so that no two readers can see two models in one file. */
#include "format/readers.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/pytorch_state.h"

/* Sizes and marks of the records, APPNOTE.TXT 4.3. */
enum {
  LOCAL_BYTES = 30,
  CENTRAL_BYTES = 46,
  END_BYTES = 22,
  END64_BYTES = 56,
  LOCATOR64_BYTES = 20,
  MAX_COMMENT = 0xFFFF,
  ZIP64_FIELD = 1, /* id of the extra field with the 64-bit sizes */
  FLAG_ENCRYPTED = 1,
};
static const uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50,
                      end_mark = 0x06054b50, end64_mark = 0x06064b50,
                      locator64_mark = 0x07064b50;

enum {
  MAX_ENTRY_NAME = 1024,
  MAX_ENTRIES = BB_MAX_TENSORS + 64, /* a storage a tensor, and the small files */
  MAX_DIRECTORY_BYTES = 64 << 20,    /* 1 KiB an entry; real ones have 150 bytes */
  MAX_PICKLE_BYTES = 64 << 20,       /* 1 KiB a tensor; BERT-large has 100 KB in all */
};

struct entry {
  const char *name; /* into the directory's bytes; no NUL after it */
  size_t name_len;
  uint32_t crc;
  uint64_t header; /* where the local header is; later: */
  uint64_t data, bytes;
};

struct archive {
  const bb_file *file;
  unsigned char *directory;
  uint64_t directory_offset, directory_bytes;
  struct entry *entries; /* sorted by name once checked */
  size_t count;
  biobert_error *err;
};

static biobert_status refuse(const struct archive *a, const char *why) {
  return bb_fail(a->err, BIOBERT_FORMAT, "%s: %s", a->file->path, why);
}

static biobert_str entry_name(const struct entry *e) {
  return (biobert_str){e->name, e->name_len};
}

static biobert_status refuse_entry(const struct archive *a, const struct entry *e,
                                   const char *why) {
  char name[BB_QUOTE_BYTES];
  return bb_fail(a->err, BIOBERT_FORMAT, "%s: zip entry %s: %s", a->file->path,
                 bb_quote(name, entry_name(e)), why);
}

/* Where the directory is ------------------------------------------------------------- */

/* The end record whose comment ends where the file ends. Two of them would be two
 * archives in one file. */
static biobert_status find_end(const struct archive *a, uint64_t *offset,
                               unsigned char record[END_BYTES]) {
  const uint64_t size = a->file->size;
  const size_t tail =
      size < END_BYTES + MAX_COMMENT ? (size_t)size : END_BYTES + MAX_COMMENT;
  unsigned char *bytes = bb_alloc(NULL, tail, 1);
  if (!bytes) return bb_no_memory(a->err, a->file->path);
  biobert_status status = bb_file_read(a->file, size - tail, bytes, tail, a->err);
  size_t found = 0;
  for (size_t at = 0; !status && at + END_BYTES <= tail; at++) {
    if (bb_read_u32(bytes + at) != end_mark) continue;
    if (bb_read_u16(bytes + at + 20) != tail - at - END_BYTES) continue;
    found++;
    *offset = size - tail + at;
    memcpy(record, bytes + at, END_BYTES);
  }
  bb_free(NULL, bytes);
  if (status) return status;
  if (found == 1) return BIOBERT_OK;
  return refuse(a, found ? "a zip file with two ends"
                         : "a zip file without its end: cut off?");
}

/* A number of the end record either is the one of the zip64 record, or says "look there".
 */
static bool agrees(uint64_t classic, uint64_t in_zip64, uint64_t look_there) {
  return classic == in_zip64 || classic == look_there;
}

/* Large archives have a second end record and a pointer to it in front of the first.
 * torch writes both always. */
static biobert_status read_end64(struct archive *a, uint64_t end_offset,
                                 const unsigned char *end, uint64_t *directory_end) {
  unsigned char locator[LOCATOR64_BYTES], end64[END64_BYTES];
  if (end_offset < LOCATOR64_BYTES + END64_BYTES) return BIOBERT_OK;
  const uint64_t locator_offset = end_offset - LOCATOR64_BYTES;
  biobert_status status =
      bb_file_read(a->file, locator_offset, locator, sizeof locator, a->err);
  if (status || bb_read_u32(locator) != locator64_mark) return status;

  const uint64_t offset = bb_read_u64(locator + 8);
  if (offset != locator_offset - END64_BYTES)
    return refuse(a, "the zip64 end record is not where it is said to be");
  status = bb_file_read(a->file, offset, end64, sizeof end64, a->err);
  if (status) return status;
  if (bb_read_u32(end64) != end64_mark || bb_read_u64(end64 + 4) != END64_BYTES - 12)
    return refuse(a, "the zip64 end record is damaged");
  const uint64_t count = bb_read_u64(end64 + 32);
  a->directory_bytes = bb_read_u64(end64 + 40);
  a->directory_offset = bb_read_u64(end64 + 48);
  if (bb_read_u32(end64 + 16) != 0 || bb_read_u32(end64 + 20) != 0 ||
      bb_read_u64(end64 + 24) != count ||
      !agrees(bb_read_u16(end + 10), count, UINT16_MAX) ||
      !agrees(bb_read_u32(end + 12), a->directory_bytes, UINT32_MAX) ||
      !agrees(bb_read_u32(end + 16), a->directory_offset, UINT32_MAX))
    return refuse(a, "the two end records of the zip file disagree");
  a->count = (size_t)count;
  *directory_end = offset;
  return BIOBERT_OK;
}

static biobert_status locate_directory(struct archive *a) {
  unsigned char end[END_BYTES] = {0};
  uint64_t end_offset = 0, directory_end, sum;
  biobert_status status = find_end(a, &end_offset, end);
  if (status) return status;
  if (bb_read_u16(end + 4) != 0 || bb_read_u16(end + 6) != 0 ||
      bb_read_u16(end + 8) != bb_read_u16(end + 10))
    return refuse(a, "a zip file in several parts");
  a->count = bb_read_u16(end + 10);
  a->directory_bytes = bb_read_u32(end + 12);
  a->directory_offset = bb_read_u32(end + 16);
  directory_end = end_offset;
  status = read_end64(a, end_offset, end, &directory_end);
  if (status) return status;
  if (__builtin_add_overflow(a->directory_offset, a->directory_bytes, &sum) ||
      sum != directory_end)
    return refuse(a, "the zip directory is not where it is said to be");
  if (a->count > MAX_ENTRIES || a->directory_bytes > MAX_DIRECTORY_BYTES)
    return refuse(a, "too many zip entries");
  if (a->count > a->directory_bytes / CENTRAL_BYTES)
    return refuse(a,
                  "the zip directory has room for fewer entries than it is said to have");
  return BIOBERT_OK;
}

/* Entries ---------------------------------------------------------------------------- */

/* Values that did not fit their 32 bits are in an extra field, in this order. */
static bool read_zip64_field(const unsigned char *extra, size_t len, struct entry *e,
                             uint64_t *compressed) {
  uint64_t *const wide[] = {&e->bytes, compressed, &e->header};
  while (len >= 4) {
    const size_t bytes = bb_read_u16(extra + 2);
    if (bytes > len - 4) return false;
    const unsigned char *from = extra + 4;
    size_t left = bytes;
    for (size_t i = 0; bb_read_u16(extra) == ZIP64_FIELD && i < 3; i++) {
      if (*wide[i] != UINT32_MAX) continue;
      if (left < 8) return false;
      *wide[i] = bb_read_u64(from);
      from += 8;
      left -= 8;
    }
    extra += 4 + bytes;
    len -= 4 + bytes;
  }
  return true;
}

/* torch.jit.save() writes a zip file of the same kind with a program in it. */
static bool is_script(biobert_str name) {
  static const char folder[] = "/code/", constants[] = "/constants.pkl";
  const size_t tail = sizeof constants - 1;
  return bb_str_find(name, bb_str(folder)) ||
         (name.len >= tail && memcmp(name.data + name.len - tail, constants, tail) == 0);
}

/* The entry at `at` of the directory; *at moves after it. */
static biobert_status read_central(const struct archive *a, size_t *at, struct entry *e) {
  const size_t left = (size_t)a->directory_bytes - *at;
  const unsigned char *c = a->directory + *at;
  if (left < CENTRAL_BYTES || bb_read_u32(c) != central_mark)
    return refuse(a, "the zip directory is damaged");
  const size_t name_len = bb_read_u16(c + 28), extra_len = bb_read_u16(c + 30);
  const size_t bytes = CENTRAL_BYTES + name_len + extra_len + bb_read_u16(c + 32);
  if (bytes > left) return refuse(a, "the zip directory is damaged");
  *at += bytes;
  uint64_t compressed = bb_read_u32(c + 20);
  *e = (struct entry){.name = (const char *)c + CENTRAL_BYTES,
                      .name_len = name_len,
                      .crc = bb_read_u32(c + 16),
                      .header = bb_read_u32(c + 42),
                      .bytes = bb_read_u32(c + 24)};
  if (name_len == 0 || name_len > MAX_ENTRY_NAME || memchr(e->name, '\0', name_len))
    return refuse_entry(a, e, "its name is empty, too long or holds a NUL");
  if (is_script(entry_name(e)))
    return bb_fail(
        a->err, BIOBERT_UNSUPPORTED,
        "%s: a TorchScript program, not weights: save model.state_dict() instead",
        a->file->path);
  if (bb_read_u16(c + 8) & FLAG_ENCRYPTED) return refuse_entry(a, e, "it is encrypted");
  if (bb_read_u16(c + 10) != 0)
    return refuse_entry(a, e, "it is compressed; torch.save() stores");
  if (bb_read_u16(c + 34) != 0) return refuse_entry(a, e, "it lies in another file");
  if (!read_zip64_field(c + CENTRAL_BYTES + name_len, extra_len, e, &compressed))
    return refuse_entry(a, e, "its extra field is damaged");
  if (compressed != e->bytes) return refuse_entry(a, e, "it has two different sizes");
  return BIOBERT_OK;
}

/* Finds an entry's data, after the header in front of it, which must agree with the entry. */
static biobert_status read_local(const struct archive *a, struct entry *e) {
  unsigned char head[LOCAL_BYTES + MAX_ENTRY_NAME];
  uint64_t end;
  if (__builtin_add_overflow(e->header, LOCAL_BYTES + e->name_len, &end) ||
      end > a->directory_offset)
    return refuse_entry(a, e, "it lies outside the file");
  const biobert_status status =
      bb_file_read(a->file, e->header, head, LOCAL_BYTES + e->name_len, a->err);
  if (status) return status;
  if (bb_read_u32(head) != local_mark || bb_read_u16(head + 8) != 0 ||
      bb_read_u16(head + 26) != e->name_len ||
      memcmp(head + LOCAL_BYTES, e->name, e->name_len) != 0)
    return refuse_entry(a, e, "its header is not what the zip directory says");
  e->data = end + bb_read_u16(head + 28);
  if (__builtin_add_overflow(e->data, e->bytes, &end) || end > a->directory_offset)
    return refuse_entry(a, e, "it lies outside the file");
  return BIOBERT_OK;
}

static int compare_places(const void *a, const void *b) {
  const struct entry *left = a, *right = b;
  return (left->header > right->header) - (left->header < right->header);
}

static int compare_text(biobert_str a, biobert_str b) {
  const int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_names(const void *a, const void *b) {
  return compare_text(entry_name(a), entry_name(b));
}

static biobert_status check_entries(const struct archive *a) {
  qsort(a->entries, a->count, sizeof *a->entries, compare_places);
  for (size_t i = 1; i < a->count; i++)
    if (a->entries[i].header < a->entries[i - 1].data + a->entries[i - 1].bytes)
      return refuse_entry(a, &a->entries[i], "it overlaps another");
  qsort(a->entries, a->count, sizeof *a->entries, compare_names);
  for (size_t i = 1; i < a->count; i++)
    if (compare_names(&a->entries[i - 1], &a->entries[i]) == 0)
      return refuse_entry(a, &a->entries[i], "it is there twice");
  return BIOBERT_OK;
}

/* On failure the caller still frees what the archive has. */
static biobert_status read_archive(struct archive *a) {
  biobert_status status = locate_directory(a);
  if (status) return status;
  a->directory = bb_alloc(NULL, (size_t)a->directory_bytes, 1);
  a->entries = bb_alloc(NULL, a->count, sizeof *a->entries);
  if (!a->directory || !a->entries) return bb_no_memory(a->err, a->file->path);
  status = bb_file_read(a->file, a->directory_offset, a->directory,
                        (size_t)a->directory_bytes, a->err);
  size_t at = 0;
  for (size_t i = 0; i < a->count && !status; i++) {
    status = read_central(a, &at, &a->entries[i]);
    if (!status) status = read_local(a, &a->entries[i]);
  }
  if (status) return status;
  if (at != a->directory_bytes) return refuse(a, "the zip directory is damaged");
  return check_entries(a);
}

/* <root>/<folder><name>, or NULL. */
static const struct entry *find_entry(const struct archive *a, biobert_str root,
                                      const char *folder, biobert_str name) {
  char path[3 * MAX_ENTRY_NAME];
  if (root.len > MAX_ENTRY_NAME || name.len > MAX_ENTRY_NAME) return NULL;
  const size_t folder_len = strlen(folder);
  memcpy(path, root.data, root.len);
  memcpy(path + root.len, folder, folder_len);
  memcpy(path + root.len + folder_len, name.data, name.len);
  const struct entry wanted = {.name = path,
                               .name_len = root.len + folder_len + name.len};
  if (a->count == 0) return NULL;
  return bsearch(&wanted, a->entries, a->count, sizeof wanted, compare_names);
}

/* The pickle ------------------------------------------------------------------------- */

/* CRC-32 of ISO 3309, four bits at a time. */
static uint32_t crc32_of(const unsigned char *bytes, size_t count) {
  static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                     0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                     0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

/* Takes the data of a small entry into memory; the caller frees it. */
static biobert_status read_entry(const struct archive *a, const struct entry *e,
                                 uint64_t max_bytes, unsigned char **out) {
  if (e->bytes > max_bytes) return refuse_entry(a, e, "it is too large");
  unsigned char *bytes = bb_alloc(NULL, (size_t)e->bytes, 1);
  if (!bytes) return bb_no_memory(a->err, a->file->path);
  biobert_status status = bb_file_read(a->file, e->data, bytes, (size_t)e->bytes, a->err);
  if (!status && crc32_of(bytes, (size_t)e->bytes) != e->crc)
    status = refuse_entry(a, e, "its checksum is wrong: the file is damaged");
  if (status)
    bb_free(NULL, bytes);
  else
    *out = bytes;
  return status;
}

/* The folder of the only data.pkl. */
static biobert_status find_root(const struct archive *a, biobert_str *root) {
  static const char pickle[] = "/data.pkl";
  const size_t tail = sizeof pickle - 1;
  size_t found = 0;
  for (size_t i = 0; i < a->count; i++) {
    const biobert_str name = entry_name(&a->entries[i]);
    if (name.len <= tail || memcmp(name.data + name.len - tail, pickle, tail) != 0)
      continue;
    if (memchr(name.data, '/', name.len - tail)) continue;
    found++;
    *root = (biobert_str){name.data, name.len - tail};
  }
  if (found == 1) return BIOBERT_OK;
  return refuse(a, found
                       ? "a zip file with two data.pkl"
                       : "a zip file without data.pkl, so torch.save() did not write it");
}

static biobert_status check_byte_order(const struct archive *a, biobert_str root) {
  const struct entry *order = find_entry(a, root, "/", bb_str("byteorder"));
  if (!order) return BIOBERT_OK;
  enum { LONGEST = 16 };
  unsigned char *text;
  const biobert_status status = read_entry(a, order, LONGEST, &text);
  if (status) return status;
  const bool little =
      bb_str_equal((biobert_str){(const char *)text, (size_t)order->bytes}, "little");
  bb_free(NULL, text);
  if (little) return BIOBERT_OK;
  return bb_fail(a->err, BIOBERT_UNSUPPORTED, "%s: its byte order is not little-endian",
                 a->file->path);
}

/* Tensors ---------------------------------------------------------------------------- */

struct place {
  const struct archive *archive;
  biobert_str root;
};

static const char *find_storage(const void *ctx, const bb_pickle_storage *s,
                                uint64_t *offset) {
  const struct place *p = ctx;
  const struct entry *data = find_entry(p->archive, p->root, "/data/", s->key);
  uint64_t bytes;
  if (!data) return "its storage is not in the zip file";
  if (__builtin_mul_overflow(s->elements, s->element_bytes, &bytes) ||
      bytes != data->bytes)
    return "its storage is not as large as it is said to be";
  *offset = data->data;
  return NULL;
}

biobert_status bb_pytorch_zip_read(bb_weights *w, uint32_t file, biobert_error *err) {
  struct archive a = {.file = &w->files[file], .err = err};
  bb_pickle *pickle = NULL;
  unsigned char *text = NULL;
  biobert_str root = {NULL, 0};
  biobert_status status = read_archive(&a);
  if (status) goto done;
  status = find_root(&a, &root);
  if (status) goto done;
  status = check_byte_order(&a, root);
  if (status) goto done;
  const struct entry *data = find_entry(&a, root, "/", bb_str("data.pkl"));
  status = read_entry(&a, data, MAX_PICKLE_BYTES, &text);
  if (status) goto done;
  status = bb_pickle_load((biobert_str){(const char *)text, (size_t)data->bytes},
                          a.file->path, &pickle, err);
  if (status) goto done;
  const struct place place = {&a, root};
  status = bb_pytorch_add_tensors(w, file, pickle, find_storage, &place, err);

done:
  bb_pickle_free(pickle);
  bb_free(NULL, text);
  bb_free(NULL, a.directory);
  bb_free(NULL, a.entries);
  return status;
}
