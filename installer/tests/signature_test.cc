// SPDX-License-Identifier: GPL-2.0-only
// Detached OpenPGP signatures by keys that are made here and thrown away.
#include "catch.hh"
#include "machine.hh"
#include "sys/real.hh"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace inst;
using namespace inst::sys;
using test::holds;
namespace fs = std::filesystem;

namespace {

/// A folder with two keys, one of which is in the keyring, and a file that the first has signed.
/// Keys take a while, so they are made once.
class Keys {
public:
  Keys() {
    std::string pattern = "/tmp/scst-key-XXXXXX"; // GnuPG wants a short path for its sockets
    dir_ = ::mkdtemp(pattern.data());
    fs::create_directory(dir_ + "/home");
    fs::permissions(dir_ + "/home", fs::perms::owner_all);
    for (const char* name : {"maker", "stranger"})
      gpg({"--passphrase", "", "--quick-generate-key", std::string(name) + "@example.org",
           "ed25519", "sign", "never"});
    for (const char* name : {"maker", "stranger"})
      gpg({"--armor", "--output", dir_ + '/' + name + ".asc", "--export",
           std::string(name) + "@example.org"});
    put("file", "content\n");
    put("other", "other content\n");
    sign("maker", "file", "file.sig");
    sign("stranger", "file", "stranger.sig");
  }
  ~Keys() {
    static_cast<void>(
        sys_.run({{"gpgconf", "--homedir", dir_ + "/home", "--kill", "all"}, "", {}}));
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  void put(const std::string& name, const std::string& text) { std::ofstream(at(name)) << text; }
  void sign(const std::string& key, const std::string& name, const std::string& signature) {
    gpg({"--local-user", key + "@example.org", "--output", at(signature), "--detach-sign",
         at(name)});
  }
  [[nodiscard]] std::string at(const std::string& name) const { return dir_ + '/' + name; }
  Result<std::string> check(const std::string& name, const std::string& signature,
                            const std::string& keyring, bool content = false) {
    return sys_.check_signature({at(name), at(signature), at(keyring), content});
  }
  Real& sys() { return sys_; }

private:
  void gpg(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"gpg", "--homedir", dir_ + "/home", "--batch", "--quiet",
                                         "--pinentry-mode", "loopback"});
    const auto done = sys_.run({std::move(arguments), "", {}});
    REQUIRE(done);
    INFO(done->tail);
    REQUIRE(done->status == 0);
  }

  Real sys_;
  std::string dir_;
};

Keys& keys() {
  static Keys made;
  return made;
}

std::string fault(const Result<std::string>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().exit == Exit::verification);
  CHECK_FALSE(result.error().hint.empty());
  return result.error().line();
}

} // namespace

TEST_CASE("A good signature by a key of the keyring gives the key's fingerprint") {
  const auto good = keys().check("file", "file.sig", "maker.asc");
  INFO((good ? "" : good.error().line()));
  REQUIRE(good);
  CHECK(good->size() == 40);
}

TEST_CASE("A signature is of one file, and by a key that is in the keyring") {
  CHECK(holds(fault(keys().check("other", "file.sig", "maker.asc")), "is not what the key"));
  CHECK(holds(fault(keys().check("file", "file.sig", "stranger.asc")), "none of those in"));
  CHECK(holds(fault(keys().check("file", "stranger.sig", "maker.asc")), "none of those in"));
}

TEST_CASE("Without keys or without a signature nothing is good") {
  keys().put("empty", "");
  keys().put("text", "no key, no signature\n");
  fault(keys().check("file", "file.sig", "missing.asc"));
  CHECK(holds(fault(keys().check("file", "file.sig", "text")), "there is no key"));
  CHECK(holds(fault(keys().check("file", "file.sig", "empty")), "there is no key"));
  fault(keys().check("file", "text", "maker.asc"));
  CHECK(holds(fault(keys().check("file", "empty", "maker.asc")), "there is no signature"));
  REQUIRE_FALSE(keys().check("file", "missing.sig", "maker.asc"));
  REQUIRE_FALSE(keys().check("missing", "file.sig", "maker.asc"));
}

TEST_CASE("The signature of an archive may be of what it was before it was compressed") {
  for (const char* program : {"gzip", "xz", "bzip2"}) {
    CAPTURE(program);
    keys().put("packed", "content\n");
    const auto packed = keys().sys().run({{program, "-f", "-k", keys().at("packed")}, "", {}});
    REQUIRE(packed);
    REQUIRE(packed->status == 0);
    const std::string ending = std::string(program) == "gzip" ? ".gz"
                               : std::string(program) == "xz" ? ".xz"
                                                              : ".bz2";
    CHECK(keys().check("packed" + ending, "file.sig", "maker.asc", true));
    CHECK_FALSE(keys().check("packed" + ending, "file.sig", "maker.asc", false));
  }
  CHECK(keys().check("file", "file.sig", "maker.asc", true)); // not compressed at all
  CHECK_FALSE(keys().check("other", "file.sig", "maker.asc", true));
}

TEST_CASE("A second signature that is bad spoils a good one, one by a stranger does not") {
  keys().sign("maker", "other", "other.sig");
  const auto both = [](const std::string& a, const std::string& b) {
    std::ofstream(keys().at("both"), std::ios::binary)
        << std::ifstream(keys().at(a), std::ios::binary).rdbuf()
        << std::ifstream(keys().at(b), std::ios::binary).rdbuf();
  };
  both("file.sig", "stranger.sig");
  CHECK(keys().check("file", "both", "maker.asc"));
  both("file.sig", "other.sig");
  CHECK_FALSE(keys().check("file", "both", "maker.asc"));
}

TEST_CASE("The user's own keyring is neither asked nor touched") {
  const std::string home = keys().at("user");
  fs::create_directory(home);
  ::setenv("GNUPGHOME", keys().at("home").c_str(), 1); // it knows both keys
  CHECK_FALSE(keys().check("file", "stranger.sig", "maker.asc"));
  ::setenv("GNUPGHOME", home.c_str(), 1);
  CHECK(keys().check("file", "file.sig", "maker.asc"));
  CHECK(fs::is_empty(home));
  ::unsetenv("GNUPGHOME");
}

TEST_CASE("The keys of the catalog can be read") {
  Real sys;
  keys().put("nothing", "");
  const auto none = sys.check_signature({keys().at("file"), keys().at("stranger.sig"),
                                         INST_TOP "/kernel-patches/catalog/keys/kernel.org.asc"});
  CHECK(holds(fault(none), "none of those in"));
}
