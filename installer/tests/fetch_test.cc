// SPDX-License-Identifier: GPL-2.0-only
// What becomes of a file before it may be used.
#include "apply/actions.hh"
#include "apply/pins.hh"
#include "catch.hh"
#include "machine.hh"
#include "sys/fake.hh"

using namespace inst;
using namespace inst::test;

namespace {

const std::string url = "https://example.org/scst-1.tar.gz";
const std::string mirror = "https://mirror.example.org/scst-1.tar.gz";
const std::string pins_file = "/root/.local/state/scst/pins";

struct Bench {
  sys::Fake sys;
  std::vector<std::string> said;
  Context ctx{sys,
              "/target",
              "/target/var/lib/scst-install",
              "/log",
              {},
              false,
              [this](const std::string& text) { said.push_back(text); }};
  Fetch fetch{"scst-1.tar.gz", "/cache/scst-1.tar.gz", {url, mirror}, "", "", pins_file};
  Unpack unpack{"scst-1.tar.gz", "/cache/scst-1.tar.gz", "", pins_file, "/usr/src/scst-1"};

  Result<void> run() { return perform(ctx, Action(fetch), before(ctx, Action(fetch))); }
  Result<void> run_unpack() { return perform(ctx, Action(unpack), before(ctx, Action(unpack))); }
};

} // namespace

TEST_CASE("The first copy of a file without a published digest is pinned, and that is said") {
  Bench b;
  b.sys.web[url] = "content";
  REQUIRE(b.run());
  CHECK(b.sys.read("/cache/scst-1.tar.gz").value_or("") == "content");
  CHECK(b.sys.read(pins_file).value_or("") == sys::digest_of("content") + "  scst-1.tar.gz\n");
  REQUIRE(b.said.size() == 1);
  CHECK(holds(b.said[0], "PINNED"));
  CHECK(holds(b.said[0], sys::digest_of("content")));
  CHECK(is_done(b.ctx, Action(b.fetch)));
}

TEST_CASE("Another file under a pinned name is refused, with the pin's place as the way out") {
  Bench b;
  b.sys.web[url] = "tampered";
  b.sys.file(pins_file, sys::digest_of("content") + "  scst-1.tar.gz\n");
  const auto done = b.run();
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::verification);
  CHECK(holds(done.error().hint, pins_file));
  CHECK_FALSE(b.sys.nodes.contains("/cache/scst-1.tar.gz"));
  CHECK_FALSE(b.sys.nodes.contains("/cache/scst-1.tar.gz.part"));
  CHECK_FALSE(is_done(b.ctx, Action(b.fetch)));
}

TEST_CASE("A known digest goes before a pin, and nothing is pinned") {
  Bench b;
  b.fetch.digest = sys::digest_of("content");
  b.sys.web[url] = "content";
  b.sys.file(pins_file, sys::digest_of("other") + "  scst-1.tar.gz\n");
  REQUIRE(b.run());
  CHECK(b.said.empty());
  CHECK(pins::load(b.sys, pins_file).size() == 1);
}

TEST_CASE("A hitch is waited out, longer each time, and the URL asked again") {
  Bench b;
  b.sys.web[url] = "content";
  b.sys.hitches = {{false, true, "timeout"}, {false, true, "timeout"}};
  REQUIRE(b.run());
  CHECK(b.sys.asked == std::vector<std::string>{url, url, url});
  CHECK(b.sys.pauses == std::vector<int>{1, 2});
}

TEST_CASE("The next mirror is asked at once when a server does not have the file") {
  Bench b;
  b.sys.web[mirror] = "content";
  REQUIRE(b.run());
  CHECK(b.sys.asked == std::vector<std::string>{url, mirror});
  CHECK(b.sys.pauses.empty());
}

TEST_CASE("When no mirror has it, all are named, and the folder that would do") {
  Bench b;
  const auto done = b.run();
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::missing);
  CHECK(holds(done.error().cause, url));
  CHECK(holds(done.error().cause, mirror));
  CHECK(holds(done.error().hint, "--offline"));
}

TEST_CASE("With --offline the net is not asked, and a file that is not there is named") {
  Bench b;
  b.fetch.offline = "/media/files";
  b.sys.web[url] = "content";
  const auto missing = b.run();
  REQUIRE_FALSE(missing);
  CHECK(holds(missing.error().line(), "/media/files/scst-1.tar.gz"));
  b.sys.file("/media/files/scst-1.tar.gz", "content");
  REQUIRE(b.run());
  CHECK(b.sys.asked.empty());
  CHECK(is_done(b.ctx, Action(b.fetch)));
}

TEST_CASE("A beginning that was of another file costs a second download, not the run") {
  Bench b;
  b.fetch.digest = sys::digest_of("content");
  b.sys.web[url] = "content";
  b.sys.file("/cache/scst-1.tar.gz.part", "stale");
  b.sys.hitches = {{true, false, ""}}; // takes what is there for the whole
  REQUIRE(b.run());
  CHECK(b.sys.asked.size() == 2);
}

TEST_CASE("A signed file is checked before it gets its name, and nothing is said to be pinned") {
  Bench b;
  b.fetch.signature = "scst-1.tar.sign";
  b.fetch.keyring = "/keys/scst.asc";
  b.sys.file("/keys/scst.asc", "KEY ");
  b.sys.web[url] = "content";
  b.sys.web["https://example.org/scst-1.tar.sign"] = "KEY content"; // good, says the imitation
  REQUIRE(b.run());
  CHECK(b.sys.nodes.contains("/cache/scst-1.tar.gz"));
  CHECK(b.sys.nodes.contains("/cache/scst-1.tar.sign"));
  REQUIRE(b.said.size() == 1);
  CHECK(b.said[0] == "scst-1.tar.gz: signed by KEY ");
  CHECK(is_done(b.ctx, Action(b.fetch)));
}

TEST_CASE("Whatever is wrong with the signature, the file is not taken") {
  Bench b;
  b.fetch.signature = "scst-1.tar.sign";
  b.fetch.keyring = "/keys/scst.asc";
  b.sys.web[url] = "content";
  const std::string signature = "https://example.org/scst-1.tar.sign";
  SECTION("it is not there") {
    b.sys.file("/keys/scst.asc", "KEY ");
  }
  SECTION("it is of another file") {
    b.sys.file("/keys/scst.asc", "KEY ");
    b.sys.web[signature] = "KEY other";
  }
  SECTION("there are no keys") {
    b.sys.web[signature] = "content";
  }
  CHECK_FALSE(b.run());
  CHECK_FALSE(b.sys.nodes.contains("/cache/scst-1.tar.gz"));
  CHECK(pins::load(b.sys, pins_file).empty());
}

TEST_CASE("A file that was pinned when nobody asked for its signature is checked now") {
  Bench b;
  b.sys.web[url] = "content";
  REQUIRE(b.run());
  b.fetch.signature = "scst-1.tar.sign";
  b.fetch.keyring = "/keys/scst.asc";
  b.sys.file("/keys/scst.asc", "KEY ");
  CHECK_FALSE(is_done(b.ctx, Action(b.fetch)));
  b.sys.web["https://example.org/scst-1.tar.sign"] = "KEY content";
  REQUIRE(b.run());
  CHECK(is_done(b.ctx, Action(b.fetch)));
}

TEST_CASE("Undoing a fetch leaves the cache to the next run") {
  Bench b;
  b.sys.web[url] = "content";
  REQUIRE(b.run());
  REQUIRE(undo(b.ctx, Action(b.fetch), {}));
  CHECK(b.sys.nodes.contains("/cache/scst-1.tar.gz"));
}

TEST_CASE("An archive is checked again, unpacked beside its name, and renamed whole") {
  Bench b;
  b.sys.file("/cache/scst-1.tar.gz", "scst-1.0/README\nscst-1.0/src/Makefile\n");
  CHECK_FALSE(b.run_unpack()); // nothing vouches for it
  b.sys.file(pins_file,
             sys::digest_of("scst-1.0/README\nscst-1.0/src/Makefile\n") + "  scst-1.tar.gz\n");
  REQUIRE(b.run_unpack());
  CHECK(b.sys.nodes.contains("/target/usr/src/scst-1/src/Makefile"));
  CHECK(is_done(b.ctx, Action(b.unpack)));
  CHECK(b.sys.list("/target/usr/src") == std::vector<std::string>{"scst-1"});
}

TEST_CASE("A folder of the user in an archive's place stays, at apply and at undo") {
  Bench b;
  b.sys.file("/cache/scst-1.tar.gz", "scst-1/README\n");
  b.sys.file(pins_file, sys::digest_of("scst-1/README\n") + "  scst-1.tar.gz\n");
  b.sys.file("/target/usr/src/scst-1/mine");
  const auto done = b.run_unpack();
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::conflict);
  REQUIRE(undo(b.ctx, Action(b.unpack), before(b.ctx, Action(b.unpack))));
  CHECK(b.sys.nodes.contains("/target/usr/src/scst-1/mine"));
}

TEST_CASE("Undoing removes the folder and the folders made for it") {
  Bench b;
  b.sys.file("/cache/scst-1.tar.gz", "scst-1/README\n");
  b.sys.file(pins_file, sys::digest_of("scst-1/README\n") + "  scst-1.tar.gz\n");
  b.sys.dir("/target");
  const auto was = before(b.ctx, Action(b.unpack));
  REQUIRE(perform(b.ctx, Action(b.unpack), was));
  REQUIRE(undo(b.ctx, Action(b.unpack), was));
  CHECK_FALSE(b.sys.nodes.contains("/target/usr"));
}
