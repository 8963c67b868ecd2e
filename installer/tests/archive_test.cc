// SPDX-License-Identifier: GPL-2.0-only
// Archives that behave, and those that do not: whatever these try, nothing may appear outside.
#include "catch.hh"
#include "sys/archive.hh"
#include "sys/real.hh"
#include "tar.hh"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace inst;
using namespace inst::test;
namespace fs = std::filesystem;

namespace {

/// A folder to unpack into, with a file beside it that must stay as it is.
struct Yard {
  fs::path base, dir;

  Yard() {
    std::string pattern = std::string(INST_TMP) + "/archive-test-XXXXXX";
    base = ::mkdtemp(pattern.data());
    dir = base / "into";
    fs::create_directory(dir);
    std::ofstream(base / "outside") << "untouched";
  }
  ~Yard() {
    std::error_code ignored;
    fs::remove_all(base, ignored);
  }
  Yard(const Yard&) = delete;
  Yard& operator=(const Yard&) = delete;

  [[nodiscard]] Result<sys::Unpacked> unpack(const std::string& archive,
                                             const sys::UnpackLimits& limits = {}) const {
    return sys::unpack_memory(
        {reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size()}, "test.tar",
        dir.string(), limits);
  }
  [[nodiscard]] static std::string text(const fs::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  [[nodiscard]] bool outside_untouched() const {
    std::size_t beside = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(base))
      beside++;
    return beside == 2 && text(base / "outside") == "untouched";
  }
};

/// Refused with that in the message, and nothing outside has changed.
void refused(const Tar& tar, const std::string& why, const sys::UnpackLimits& limits = {}) {
  const Yard yard;
  const auto done = yard.unpack(tar.text(), limits);
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::verification);
  CHECK(done.error().line().find(why) != std::string::npos);
  CHECK(yard.outside_untouched());
}

std::string gzip(const std::string& text) {
  std::string out(text.size() + 4096, '\0');
  std::size_t used = 0;
  archive* packer = archive_write_new();
  archive_write_set_format_raw(packer);
  archive_write_add_filter_gzip(packer);
  archive_write_set_bytes_in_last_block(packer, 1);
  REQUIRE(archive_write_open_memory(packer, out.data(), out.size(), &used) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  REQUIRE(archive_write_header(packer, entry) == ARCHIVE_OK);
  REQUIRE(archive_write_data(packer, text.data(), text.size()) ==
          static_cast<la_ssize_t>(text.size()));
  REQUIRE(archive_write_close(packer) == ARCHIVE_OK);
  archive_entry_free(entry);
  archive_write_free(packer);
  out.resize(used);
  return out;
}

} // namespace

TEST_CASE("A release is unpacked with its modes, times and links") {
  const Yard yard;
  Tar tar;
  tar.dir("scst-1/").file("scst-1/src/a.c", "int a;\n").file("scst-1/make", "#!/bin/sh\n", 0755);
  tar.symlink("scst-1/src/up", "../make").hardlink("scst-1/b.c", "scst-1/src/a.c");
  const auto done = yard.unpack(gzip(tar.text()));
  REQUIRE(done);
  CHECK(done->top == "scst-1");
  CHECK(done->entries == 5);
  CHECK(Yard::text(yard.dir / "scst-1/src/up") == "#!/bin/sh\n");
  CHECK(Yard::text(yard.dir / "scst-1/b.c") == "int a;\n");
  struct stat st {};
  REQUIRE(::stat((yard.dir / "scst-1/make").c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0755);
  CHECK(st.st_mtime == 1254700800);
}

TEST_CASE("Set-id bits and write permission for others are not taken over") {
  const Yard yard;
  Tar tar;
  tar.file("x/sh", "", 06777).dir("x/d/", 03777);
  REQUIRE(yard.unpack(tar.text()));
  struct stat st {};
  REQUIRE(::stat((yard.dir / "x/sh").c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0755);
  REQUIRE(::stat((yard.dir / "x/d").c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0755);
}

TEST_CASE("A path that climbs out of the folder is refused") {
  refused(Tar().file("../outside", "harm"), "leaves the folder");
  refused(Tar().file("x/../../outside", "harm"), "leaves the folder");
}

TEST_CASE("An absolute path is refused") {
  refused(Tar().file("/tmp/scst-install-harm", "harm"), "leaves the folder");
}

TEST_CASE("A link that leaves the folder is refused") {
  refused(Tar().symlink("x/l", "../../outside"), "the link leaves the folder");
  refused(Tar().symlink("x/l", "/etc/passwd"), "the link leaves the folder");
  refused(Tar().symlink("x/l", ".."), "the link leaves the folder");
  refused(Tar().symlink("l", "outside"), "the link leaves the folder");
}

TEST_CASE("Two links that leave the folder only together are refused") {
  refused(Tar().dir("x/a/b/").symlink("x/a/b/up", "../..").symlink("x/l", "a/b/up/../../outside"),
          "the link leaves the folder");
}

TEST_CASE("A file behind a link is refused, wherever the link leads") {
  refused(Tar().dir("x/d/").symlink("x/l", "d").file("x/l/f", "harm"), "through a link");
}

TEST_CASE("A file in the place of a link does not go through it") {
  refused(Tar().file("x/d", "1").symlink("x/l", "d").file("x/l", "harm"), "in there twice");
}

TEST_CASE("A hard link to something outside, or to what is not there, is refused") {
  refused(Tar().dir("x/").hardlink("x/l", "../outside"), "the link leaves the folder");
  refused(Tar().dir("x/").hardlink("x/l", "/etc/passwd"), "the link leaves the folder");
  refused(Tar().dir("x/").hardlink("x/l", "x/later"), "no file that came before");
  refused(Tar().dir("x/d/").symlink("x/s", "d").hardlink("x/l", "x/s"), "no file that came before");
}

TEST_CASE("Device nodes and pipes are refused") {
  refused(Tar().device("x/null"), "a device, a pipe or a socket");
  refused(Tar().pipe("x/fifo"), "a device, a pipe or a socket");
}

TEST_CASE("An archive without one top folder is refused") {
  refused(Tar().file("x/a", "").file("y/b", ""), "it lies beside the folder x");
  refused(Tar().file("a", ""), "it lies beside the top folder");
  refused(Tar(), "there is nothing in it");
}

TEST_CASE("A bomb is refused by its size, by its ratio, by the number of its entries") {
  const std::string zeros(1 << 20, '\0');
  refused(Tar().file("x/a", zeros), "grows beyond", {.bytes = 1 << 19});
  refused(Tar().dir("x/").dir("x/a/").dir("x/b/"), "more than 2 entries", {.entries = 2});
  const Yard yard;
  const auto done =
      yard.unpack(gzip(Tar().file("x/a", zeros).text()), {.ratio = 100, .slack = 1 << 16});
  REQUIRE_FALSE(done);
  CHECK(done.error().line().find("more than 100 times") != std::string::npos);
}

TEST_CASE("An archive that is packed several times over is refused") {
  const Yard yard;
  const auto done = yard.unpack(gzip(gzip(Tar().file("x/a", "1").text())));
  REQUIRE_FALSE(done);
  CHECK(done.error().line().find("several times over") != std::string::npos);
}

TEST_CASE("An archive that is cut off, and a file that is none, are refused") {
  const Yard yard;
  const std::string whole = gzip(Tar().file("x/a", std::string(100000, 'a') + "b").text());
  const auto cut = yard.unpack(whole.substr(0, whole.size() / 2));
  REQUIRE_FALSE(cut);
  CHECK(cut.error().exit == Exit::verification);
  const Yard other;
  const auto none = other.unpack("<html>404</html>");
  REQUIRE_FALSE(none);
  CHECK(none.error().exit == Exit::verification);
}
