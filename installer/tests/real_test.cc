// SPDX-License-Identifier: GPL-2.0-only
// The real System on files and processes of its own.
#include "catch.hh"
#include "sys/real.hh"

#include <csignal>
#include <filesystem>
#include <unistd.h>

using namespace inst;
namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path = INST_TMP "/real-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path + '/' + name; }
};

} // namespace

TEST_CASE("A written file has its content and mode and nothing is left beside it") {
  Folder dir;
  sys::Real sys;
  REQUIRE(sys.write(dir / "a", "one\n", 0640));
  REQUIRE(sys.write(dir / "a", "two\n", 0600));
  CHECK(sys.read(dir / "a").value_or("") == "two\n");
  CHECK(sys.stat(dir / "a").mode == 0600);
  CHECK(sys.list(dir.path) == std::vector<std::string>{"a"});
}

TEST_CASE("What was written settles, and a boot has a name that stays") {
  Folder dir;
  sys::Real sys;
  REQUIRE(sys.write(dir / "var", "no folder\n", 0640));
  CHECK(sys.settle(dir.path));
  CHECK(sys.boot_id().size() == 36);
  CHECK(sys.boot_id() == sys::Real().boot_id());
}

TEST_CASE("Digests agree with the published one for abc") {
  Folder dir;
  sys::Real sys;
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  REQUIRE(sys.write(dir / "a", "abc", 0600));
  CHECK(sys.digest(dir / "a").value_or("") == abc);
  CHECK(sys::digest_of("abc") == abc);
}

TEST_CASE("A sparse file is blank until something is written to it") {
  Folder dir;
  sys::Real sys;
  REQUIRE(sys.make_sparse(dir / "disk", 1 << 20, 0600));
  CHECK(sys.stat(dir / "disk").size == 1 << 20);
  CHECK(sys.is_blank(dir / "disk"));
  REQUIRE(sys.append(dir / "disk", "x"));
  CHECK_FALSE(sys.is_blank(dir / "disk"));
}

TEST_CASE("What a killed writer leaves is removed by name") {
  Folder dir;
  sys::Real sys;
  REQUIRE(sys.write(dir / ".a.scst-install", "half", 0600));
  sys.remove_partial(dir / "a");
  CHECK(sys.list(dir.path).empty());
}

TEST_CASE("A missing file is an error that names it") {
  sys::Real sys;
  const auto text = sys.read("/no/such/file");
  REQUIRE_FALSE(text);
  CHECK(text.error().where == "/no/such/file");
  CHECK(text.error().cause == "No such file or directory");
}

TEST_CASE("A lock that is held is refused with the locked code") {
  Folder dir;
  sys::Real sys;
  auto lock = sys.lock(dir / "lock");
  REQUIRE(lock);
  const auto second = sys::Real().lock(dir / "lock");
  REQUIRE_FALSE(second);
  CHECK(second.error().exit == Exit::locked);
}

TEST_CASE("A child that holds the lock keeps it after its parent let go") {
  Folder dir;
  sys::Real sys;
  auto lock = sys.lock(dir / "lock");
  REQUIRE(lock);
  // The grandchild outlives the child; it waits for the file "go".
  sys::Command command{
      {"sh", "-c", "mkfifo \"$0/go\"; (read -r x <\"$0/go\") >/dev/null 2>&1 &", dir.path}, "", {}};
  command.hold_lock = true;
  REQUIRE(sys.run(command));
  lock->reset();
  CHECK_FALSE(sys::Real().lock(dir / "lock"));
  REQUIRE(sys.run({{"sh", "-c", "echo >\"$0/go\"; flock \"$0/lock\" true", dir.path}, "", {}}));
  CHECK(sys::Real().lock(dir / "lock"));
}

TEST_CASE("A program's output, status and log are kept apart and its words are not split") {
  Folder dir;
  sys::Real sys;
  const auto output = sys.run(
      {{"sh", "-c", "echo \"$0\"; echo bad >&2; exit 3", "two  words; $HOME"}, dir / "log", {}});
  REQUIRE(output);
  CHECK(output->status == 3);
  CHECK(output->out == "two  words; $HOME\n");
  CHECK(output->tail.find("bad\n") != std::string::npos);
  CHECK(sys.read(dir / "log")->size() == output->tail.size());
}

TEST_CASE("A program killed by a signal has a status above 128") {
  sys::Real sys;
  const auto output = sys.run({{"sh", "-c", "kill -TERM $$"}, "", {}});
  REQUIRE(output);
  CHECK(output->status == 128 + SIGTERM);
}

TEST_CASE("A daemon that keeps the pipes open is not waited for") {
  sys::Real sys;
  const auto output = sys.run({{"sh", "-c", "sleep 20 & echo $!"}, "", {}});
  REQUIRE(output);
  CHECK(::kill(std::stoi(output->out), SIGTERM) == 0); // still there, so nobody waited
}

TEST_CASE("A program that does not exist is an error that names it") {
  sys::Real sys;
  const auto output = sys.run({{"no-such-program"}, "", {}});
  REQUIRE_FALSE(output);
  CHECK(output.error().where == "no-such-program");
}

TEST_CASE("Nobody answers a discovery on a free port") {
  sys::Real sys;
  int port = 40000;
  while (!sys.port_is_free("127.0.0.1", port))
    port++;
  const auto found = sys.discover("127.0.0.1:" + std::to_string(port), 2);
  REQUIRE_FALSE(found);
  CHECK(found.error().where == "127.0.0.1:" + std::to_string(port));
}
