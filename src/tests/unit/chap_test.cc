// SPDX-License-Identifier: GPL-2.0-only
// CHAP as an initiator sees it, with digests computed here from the standards.
#include "catch.hh"
#include "initiator.hh"
#include "kernel_twin.hh"
#include "login.hh"

#include <algorithm>
#include <cctype>
#include <openssl/evp.h>

using namespace initiator;
using scstd::Ends;
using scstd::Login;
using scstd::Next;
using scstd::Pdu;
using scstd::Reply;

namespace {

constexpr unsigned kRefused = 0x0201;
constexpr unsigned kInitiatorError = 0x0200;
constexpr unsigned kSecurity = 0x00;

std::string hex(const std::string& bytes) {
  std::string all = "0x";
  for (unsigned char c : bytes) {
    all += "0123456789abcdef"[c >> 4u];
    all += "0123456789abcdef"[c & 15u];
  }
  return all;
}

std::string unhex(const std::string& text) {
  std::string all;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    all += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return all;
}

std::string digest(const char* name, const std::string& of) {
  unsigned char out[EVP_MAX_MD_SIZE];
  std::size_t len = 0;
  REQUIRE(EVP_Q_digest(nullptr, name, nullptr, of.data(), of.size(), out, &len) == 1);
  return {reinterpret_cast<char*>(out), len};
}

/// The value of a key in an answer; "" if it is not there.
std::string value(const Pdu& pdu, const std::string& key) {
  const std::string all = ";" + pairs(pdu);
  const std::size_t at = all.find(";" + key + "=");
  if (at == std::string::npos)
    return {};
  const std::size_t from = at + key.size() + 2;
  return all.substr(from, all.find(';', from) - from);
}

struct World {
  World() {
    target = &kernel.add(kTarget);
    kernel.accounts = {{target->tid, ISCSI_SCST_INCOMING, "joe", "joes-own-secret"}};
  }
  Reply send(unsigned flags, const std::string& data) {
    Pdu request = login(flags, data);
    return dut.receive(request);
  }
  /// Up to the target's challenge.
  Reply challenged(const std::string& algorithms = "5") {
    send(kSecurity, names() + text({"AuthMethod=CHAP,None"}));
    return send(kSecurity, text({"CHAP_A=" + algorithms}));
  }
  std::string response(const Reply& to, const std::string& secret, const char* with = "MD5") {
    const auto id = static_cast<char>(std::stoi(value(to.pdu, "CHAP_I")));
    return digest(with, id + secret + unhex(value(to.pdu, "CHAP_C")));
  }
  KernelTwin kernel;
  iscsi_scst_target* target;
  Login dut{kernel, Ends{42, "10.9.8.7", 3260, "10.9.8.1"}};
};

} // namespace

TEST_CASE("A target with an account asks for CHAP and takes the right answer") {
  struct {
    const char *number, *digest;
  } const algorithms[] = {{"5", "MD5"}, {"6", "SHA1"}, {"7", "SHA256"}, {"8", "SHA3-256"}};
  for (const auto& a : algorithms) {
    INFO(a.digest);
    World w;
    Reply r = w.send(kSecurity, names() + text({"AuthMethod=CHAP,None"}));
    CHECK(value(r.pdu, "AuthMethod") == "CHAP");
    r = w.send(kSecurity, text({std::string("CHAP_A=") + a.number}));
    CHECK(value(r.pdu, "CHAP_A") == a.number);
    r = w.send(kSecurityToOperational,
               text({"CHAP_N=joe", "CHAP_R=" + hex(w.response(r, "joes-own-secret", a.digest))}));
    CHECK(status(r.pdu) == 0);
    CHECK(flags(r.pdu) == kSecurityToOperational);
    CHECK(value(r.pdu, "CHAP_R").empty());
    r = w.send(kOperationalToFull, {});
    CHECK(r.next == Next::HandOver);
  }
}

TEST_CASE("Of the initiator's CHAP algorithms the first that exists is taken") {
  World w;
  CHECK(value(w.challenged("99,7,5").pdu, "CHAP_A") == "7");
  World none;
  CHECK(status(none.challenged("99,1000000000000").pdu) == kRefused);
}

TEST_CASE("CHAP takes base64 and hexadecimal digits of either case") {
  World w;
  Reply r = w.challenged();
  const std::string answer = w.response(r, "joes-own-secret");
  unsigned char base64[64];
  EVP_EncodeBlock(base64, reinterpret_cast<const unsigned char*>(answer.data()),
                  static_cast<int>(answer.size()));
  r = w.send(kSecurityToOperational,
             text({"CHAP_N=joe", std::string("CHAP_R=0b") + reinterpret_cast<char*>(base64)}));
  CHECK(status(r.pdu) == 0);
  CHECK(flags(r.pdu) == kSecurityToOperational);

  World upper;
  r = upper.challenged();
  std::string digits = hex(upper.response(r, "joes-own-secret"));
  std::transform(digits.begin() + 2, digits.end(), digits.begin() + 2, ::toupper);
  r = upper.send(kSecurityToOperational, text({"CHAP_N=joe", "CHAP_R=" + digits}));
  CHECK(status(r.pdu) == 0);
}

TEST_CASE("Wrong secret, wrong name and a way around CHAP are refused") {
  World secret;
  Reply r = secret.challenged();
  r = secret.send(kSecurityToOperational,
                  text({"CHAP_N=joe", "CHAP_R=" + hex(secret.response(r, "joes-old-secret"))}));
  CHECK(status(r.pdu) == kRefused);
  CHECK(r.next == Next::Close);

  World name;
  r = name.challenged();
  r = name.send(kSecurityToOperational,
                text({"CHAP_N=jim", "CHAP_R=" + hex(name.response(r, "joes-own-secret"))}));
  CHECK(status(r.pdu) == kRefused);

  World empty; // an unknown name must not be answerable by the empty secret
  r = empty.challenged();
  r = empty.send(kSecurityToOperational,
                 text({"CHAP_N=jim", "CHAP_R=" + hex(empty.response(r, ""))}));
  CHECK(status(r.pdu) == kRefused);

  World nameless;
  r = nameless.challenged();
  r = nameless.send(kSecurityToOperational,
                    text({"CHAP_N=", "CHAP_R=" + hex(nameless.response(r, ""))}));
  CHECK(status(r.pdu) == kRefused);

  World none;
  CHECK(status(none.send(kSecurity, names() + text({"AuthMethod=None"})).pdu) == kRefused);
  World skipped;
  CHECK(status(skipped.send(kOperationalToFull, names()).pdu) == kRefused);
  World silent;
  CHECK(status(silent.send(kSecurityToFull, names()).pdu) == kRefused);
}

TEST_CASE("Leaving the security stage before the proof is not granted") {
  World w;
  Reply r = w.send(kSecurityToOperational, names() + text({"AuthMethod=CHAP"}));
  CHECK(status(r.pdu) == 0);
  CHECK(flags(r.pdu) == 0);
  r = w.send(kSecurityToOperational, text({"CHAP_A=5"}));
  CHECK(flags(r.pdu) == 0);
  CHECK(w.send(kOperationalToFull, {}).next == Next::Close);
  CHECK(w.kernel.added.empty());
}

TEST_CASE("CHAP keys that are malformed, twice, too early or too late end the login") {
  for (const auto& keys : {text({"CHAP_N=joe", "CHAP_R=0x12"}), text({"CHAP_A=5", "CHAP_A=7"}),
                           text({"CHAP_A=5", "CHAP_N=joe"})}) {
    World w;
    w.send(kSecurity, names() + text({"AuthMethod=CHAP"}));
    CHECK(status(w.send(kSecurity, keys).pdu) == kInitiatorError);
  }
  for (const auto& keys :
       {text({"CHAP_N=joe"}), text({"CHAP_N=joe", "CHAP_R=zz"}), text({"CHAP_N=joe", "CHAP_R=0x"}),
        text({"CHAP_N=joe", "CHAP_R=0xgg"}), text({"CHAP_N=joe", "CHAP_R=0bA"}),
        text({"CHAP_N=joe", "CHAP_R=0x12", "CHAP_I=1"}), text({"CHAP_A=5"})}) {
    World w;
    w.challenged();
    CHECK(status(w.send(kSecurity, keys).pdu) == kInitiatorError);
  }
  World w;
  w.kernel.accounts.clear();
  CHECK(status(w.send(kSecurity, names() + text({"AuthMethod=None", "CHAP_A=5"})).pdu) ==
        kInitiatorError);
}

TEST_CASE("In mutual CHAP the target proves itself with the OutgoingUser") {
  World w;
  w.kernel.accounts.push_back(
      {w.target->tid, ISCSI_SCST_OUTGOING, "the-target", "the-targets-secret"});
  Reply r = w.challenged("7");
  const std::string mine = "an initiator's challenge of some length";
  r = w.send(kSecurityToOperational,
             text({"CHAP_N=joe", "CHAP_R=" + hex(w.response(r, "joes-own-secret", "SHA256")),
                   "CHAP_I=0x2a", "CHAP_C=" + hex(mine)}));
  CHECK(status(r.pdu) == 0);
  CHECK(flags(r.pdu) == kSecurityToOperational);
  CHECK(value(r.pdu, "CHAP_N") == "the-target");
  CHECK(value(r.pdu, "CHAP_R") == hex(digest("SHA256", "\x2a"
                                                       "the-targets-secret" +
                                                           mine)));
}

TEST_CASE("Mutual CHAP without an OutgoingUser, with one secret, or reflected is refused") {
  auto attempt = [](World& w, bool reflect) {
    const Reply r = w.challenged();
    const std::string challenge = reflect ? value(r.pdu, "CHAP_C") : "0x0102030405060708";
    return status(w.send(kSecurityToOperational,
                         text({"CHAP_N=joe", "CHAP_R=" + hex(w.response(r, "joes-own-secret")),
                               "CHAP_I=1", "CHAP_C=" + challenge}))
                      .pdu);
  };
  World none;
  CHECK(attempt(none, false) == kRefused);
  World same;
  same.kernel.accounts.push_back({same.target->tid, ISCSI_SCST_OUTGOING, "t", "joes-own-secret"});
  CHECK(attempt(same, false) == kRefused);
  World reflected;
  reflected.kernel.accounts.push_back(
      {reflected.target->tid, ISCSI_SCST_OUTGOING, "t", "the-targets-secret"});
  CHECK(attempt(reflected, true) == kRefused);
}

TEST_CASE("Discovery has accounts of its own") {
  World w;
  Reply r = w.send(kSecurity, discovery_names() + text({"AuthMethod=CHAP,None"}));
  CHECK(value(r.pdu, "AuthMethod") == "None");

  World guarded;
  guarded.kernel.accounts.push_back({0, ISCSI_SCST_INCOMING, "scout", "scouts-own-secret"});
  guarded.send(kSecurity, discovery_names() + text({"AuthMethod=CHAP,None"}));
  r = guarded.send(kSecurity, text({"CHAP_A=5"}));
  r = guarded.send(
      kSecurityToFull,
      text({"CHAP_N=scout", "CHAP_R=" + hex(guarded.response(r, "scouts-own-secret"))}));
  CHECK(r.next == Next::Discover);

  World other; // a target's account is none for discovery
  other.kernel.accounts.push_back({0, ISCSI_SCST_INCOMING, "scout", "scouts-own-secret"});
  other.send(kSecurity, discovery_names() + text({"AuthMethod=CHAP,None"}));
  r = other.send(kSecurity, text({"CHAP_A=5"}));
  r = other.send(kSecurityToFull,
                 text({"CHAP_N=joe", "CHAP_R=" + hex(other.response(r, "joes-own-secret"))}));
  CHECK(status(r.pdu) == kRefused);
}

TEST_CASE("A redirected target names the other address and the kind of the move") {
  World w;
  w.kernel.accounts.clear();
  w.target->redirect = ISCSI_SCST_REDIRECT_TEMP;
  scstd::copy_text(w.target->redirect_to, "10.9.8.20");
  Reply r = w.send(kSecurityToFull, names());
  CHECK(status(r.pdu) == 0x0101);
  CHECK(pairs(r.pdu) == "TargetAddress=10.9.8.20:3260;");
  CHECK(r.next == Next::Close);

  World moved;
  moved.kernel.accounts.clear();
  moved.target->redirect = ISCSI_SCST_REDIRECT_PERM;
  scstd::copy_text(moved.target->redirect_to, "[fd00::20]:860");
  r = moved.send(kSecurityToFull, names());
  CHECK(status(r.pdu) == 0x0102);
  CHECK(pairs(r.pdu) == "TargetAddress=[fd00::20]:860;");

  World here; // whoever came to the right place is let in
  here.kernel.accounts.clear();
  here.target->redirect = ISCSI_SCST_REDIRECT_PERM;
  scstd::copy_text(here.target->redirect_to, "10.9.8.7:3260");
  CHECK(here.send(kSecurityToFull, names()).next == Next::HandOver);
}

TEST_CASE("A login that goes on for ever is ended") {
  World w;
  w.kernel.accounts.clear();
  Reply r = w.send(kSecurity, names() + text({"AuthMethod=None"}));
  unsigned n = 1;
  for (; r.next == Next::Read && n < 1000; n++)
    r = w.send(kSecurity, {});
  CHECK(n == 65);
  CHECK(status(r.pdu) == kInitiatorError);
}
