// SPDX-License-Identifier: GPL-2.0-only
// Any bytes as an archive: it is unpacked or refused, and whatever becomes of it, all that appears
// lies in the folder, leads nowhere out of it, and is a file, a folder or a link without set-id
// bits.
#include "sys/archive.hh"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void must(bool holds) {
  if (!holds)
    abort();
}

/// A folder in memory, with a file beside it that nothing may touch.
struct Yard {
  fs::path base, dir;

  Yard() {
    char pattern[] = "/dev/shm/archive-fuzz-XXXXXX";
    base = ::mkdtemp(pattern);
    dir = base / "into";
  }
  ~Yard() {
    std::error_code ignored;
    fs::remove_all(base, ignored);
  }
  Yard(const Yard&) = delete;
  Yard& operator=(const Yard&) = delete;
};

void check(const fs::path& dir) {
  const std::string inside = fs::canonical(dir).string() + '/';
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir)) {
    struct stat st {};
    must(::lstat(entry.path().c_str(), &st) == 0);
    must(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode));
    must((st.st_mode & 07022U) == 0 || S_ISLNK(st.st_mode));
    if (S_ISLNK(st.st_mode)) {
      std::error_code loop; // a link that leads to itself is no harm
      const fs::path end = fs::weakly_canonical(entry.path(), loop);
      must(loop || (end.string() + '/').starts_with(inside));
    }
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Yard yard;
  fs::create_directory(yard.dir);
  const inst::sys::UnpackLimits limits{1 << 20, 200, 100, 1 << 16};
  const auto done = inst::sys::unpack_memory({data, size}, "fuzz", yard.dir.string(), limits);
  must(!done || (done->bytes <= limits.bytes && done->entries <= limits.entries));
  check(yard.dir);
  must(std::distance(fs::directory_iterator(yard.base), fs::directory_iterator()) == 1);
  fs::remove_all(yard.dir);
  return 0;
}
