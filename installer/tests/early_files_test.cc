// SPDX-License-Identifier: GPL-2.0-only
// Files that the initramfs holds copies of.
#include "apply/actions.hh"
#include "catch.hh"
#include "sys/fake.hh"

using namespace inst;

namespace {

struct Booted {
  sys::Fake sys;
  Context ctx{sys, "", "/state", "/log", {}};
  EarlyFiles early{{{FileType::file, "/etc/modprobe.d/x.conf", 0644, "", "options x\n"}},
                   "/boot/initrd.img-6.1",
                   {"update-initramfs", "-u", "-k", "6.1"}};
  Booted() {
    sys.dir("/etc/modprobe.d");
    sys.dir("/state");
  }
};

} // namespace

TEST_CASE("An initramfs that is there is made anew with a file of it, and without it") {
  Booted b;
  b.sys.file("/boot/initrd.img-6.1", "old");
  const auto before_it = before(b.ctx, b.early);
  REQUIRE(perform(b.ctx, b.early, before_it));
  CHECK(is_done(b.ctx, b.early));
  CHECK(b.sys.runs == std::vector<std::string>{"update-initramfs -u -k 6.1"});
  REQUIRE(undo(b.ctx, b.early, before_it));
  CHECK(b.sys.stat("/etc/modprobe.d/x.conf").type == sys::FileType::none);
  CHECK(b.sys.runs.size() == 2);
  // The file goes first: what is made anew must not hold it.
  CHECK(b.sys.changes.back().find("remove /etc/modprobe.d/x.conf") != std::string::npos);
}

TEST_CASE("Where no initramfs is there yet, or none is made, nothing is run") {
  Booted b;
  const auto before_it = before(b.ctx, b.early);
  REQUIRE(perform(b.ctx, b.early, before_it));
  REQUIRE(undo(b.ctx, b.early, before_it));
  b.early.initramfs.clear();
  REQUIRE(perform(b.ctx, b.early, before_it));
  CHECK(b.sys.runs.empty());
}

TEST_CASE("An initramfs that cannot be made anew is an error") {
  Booted b;
  b.sys.file("/boot/initrd.img-6.1", "old");
  b.sys.exit_status["update-initramfs"] = 1;
  CHECK_FALSE(perform(b.ctx, b.early, before(b.ctx, b.early)));
}
