// SPDX-License-Identifier: GPL-2.0-only
#include "chap.hh"

#include "log.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace scstd {

namespace {

/// Longest binary value that is taken (RFC 7143 12.1.3).
constexpr std::size_t kMaxBinary = 1024;

/// Numbers of the IANA registry "PPP Authentication Algorithms".
constexpr struct {
  unsigned number;
  const char* name;
} kAlgorithms[] = {{5, "MD5"}, {6, "SHA1"}, {7, "SHA256"}, {8, "SHA3-256"}};

struct FreeDigest {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};

/// Fetched once, before files are out of reach. Null: this OpenSSL has none such.
const EVP_MD* digest(unsigned number) {
  static const auto all = [] {
    std::array<std::unique_ptr<EVP_MD, FreeDigest>, std::size(kAlgorithms)> found;
    for (std::size_t i = 0; i < found.size(); i++)
      found[i].reset(EVP_MD_fetch(nullptr, kAlgorithms[i].name, nullptr));
    return found;
  }();
  for (std::size_t i = 0; i < all.size(); i++)
    if (kAlgorithms[i].number == number)
      return all[i].get();
  return nullptr;
}

/// The answer to a challenge: the digest over identifier, secret and challenge. "" on failure.
std::string response_to(unsigned algorithm, std::string_view id, std::string_view secret,
                        std::string_view challenge) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned len = 0;
  EVP_MD_CTX* ctx = EVP_MD_CTX_new();
  bool ok = ctx && EVP_DigestInit_ex(ctx, digest(algorithm), nullptr) == 1;
  for (std::string_view part : {id, secret, challenge})
    ok = ok && EVP_DigestUpdate(ctx, part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(ctx, out.data(), &len) == 1;
  EVP_MD_CTX_free(ctx);
  return ok ? std::string(reinterpret_cast<const char*>(out.data()), len) : std::string();
}

std::string random_bytes(std::size_t len) {
  std::string bytes(len, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(len)) != 1)
    return {};
  return bytes;
}

int hex_digit(char c) {
  const char* digits = "0123456789abcdef";
  const char* at = c ? strchr(digits, c | (c >= 'A' ? 0x20 : 0)) : nullptr;
  return at ? static_cast<int>(at - digits) : -1;
}

bool from_hex(std::string_view text, std::string& bytes) {
  // An odd number of digits: the first stands alone.
  bytes.clear();
  for (std::size_t i = 0; i < text.size(); i++) {
    const int digit = hex_digit(text[i]);
    if (digit < 0)
      return false;
    if ((text.size() - i) % 2 == 0 || i == 0)
      bytes.push_back(static_cast<char>(digit));
    else
      bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) * 16 + digit);
  }
  return true;
}

bool from_base64(std::string_view text, std::string& bytes) {
  if (text.empty() || text.size() % 4)
    return false;
  bytes.assign(text.size() / 4 * 3, '\0');
  int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                          reinterpret_cast<const unsigned char*>(text.data()),
                          static_cast<int>(text.size()));
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  if (n < 0)
    return false;
  bytes.resize(bytes.size() - padding);
  return true;
}

/// A binary value (RFC 7143 6.1): 0x and hexadecimal digits, or 0b and base64.
bool decode(const std::string& text, std::string& bytes) {
  if (text.size() < 3 || text.size() > 2 + 2 * kMaxBinary || text[0] != '0')
    return false;
  const std::string_view value = std::string_view(text).substr(2);
  const char kind = static_cast<char>(text[1] | 0x20);
  const bool ok = kind == 'x'   ? from_hex(value, bytes)
                  : kind == 'b' ? from_base64(value, bytes)
                                : false;
  return ok && !bytes.empty() && bytes.size() <= kMaxBinary;
}

std::string encode(const std::string& bytes) {
  std::string text = "0x";
  for (unsigned char c : bytes)
    text += fmt::format("{:02x}", c);
  return text;
}

/// The identifier of a challenge: one byte, in any spelling of a number.
bool decode_id(const std::string& text, std::string& id) {
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
  unsigned value = 256;
  const char* begin = text.data() + (hex ? 2 : 0);
  const char* end = text.data() + text.size();
  auto [stop, err] = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (err != std::errc() || stop != end || value > 255)
    return false;
  id.assign(1, static_cast<char>(value));
  return true;
}

/// The first algorithm of the initiator's list that we have too; 0: none.
unsigned choose(const std::string& list) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    unsigned number = 0;
    auto [stop, err] = std::from_chars(list.data() + at, list.data() + end, number);
    if (err == std::errc() && stop == list.data() + end && digest(number))
      return number;
    at = end + 1;
  }
  return 0;
}

Status fail(std::string& why, Status status, std::string text) {
  why = std::move(text);
  return status;
}

/// An account whose secret does not outlive its use.
struct Account : iscsi_scst_account {
  Account(std::uint32_t of, std::uint32_t way) : iscsi_scst_account{} {
    tid = of;
    direction = way;
  }
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  ~Account() { OPENSSL_cleanse(secret, sizeof(secret)); }
};

} // namespace

std::string chap_prepare() {
  if (random_bytes(1).empty())
    return "OpenSSL has no random numbers";
  for (const auto& [number, name] : kAlgorithms)
    if (!digest(number))
      log(Level::Notice, "CHAP with {} is not available: this machine's OpenSSL lacks it", name);
  return {};
}

bool Chap::is_key(std::string_view key) {
  return key == "CHAP_A" || key == "CHAP_I" || key == "CHAP_C" || key == "CHAP_N" ||
         key == "CHAP_R";
}

Status Chap::step(const Keys& keys, sl_text_out& out, std::string& why) {
  switch (state_) {
  case State::Algorithm:
    return keys.empty() ? Status::Success : challenge(keys, out, why);
  case State::Response:
    return verify(keys, out, why);
  case State::Done:
    break;
  }
  return keys.empty() ? Status::Success
                      : fail(why, Status::InitiatorError, "CHAP keys after the end of CHAP");
}

Status Chap::challenge(const Keys& keys, sl_text_out& out, std::string& why) {
  if (keys.size() != 1 || !keys.contains("CHAP_A"))
    return fail(why, Status::InitiatorError, "CHAP does not begin with CHAP_A alone");
  algorithm_ = choose(keys.at("CHAP_A"));
  if (!algorithm_)
    return fail(why, Status::AuthenticationFailure,
                fmt::format("no common CHAP algorithm in {}", printable(keys.at("CHAP_A"))));
  id_ = random_bytes(1);
  // As long as the digest: longer adds nothing (RFC 1994 2.3).
  challenge_ = random_bytes(static_cast<std::size_t>(EVP_MD_get_size(digest(algorithm_))));
  if (id_.empty() || challenge_.empty())
    return fail(why, Status::TargetError, "no random numbers");
  state_ = State::Response;
  if (sl_text_add_u32(&out, "CHAP_A", algorithm_) ||
      sl_text_add_u32(&out, "CHAP_I", static_cast<unsigned char>(id_[0])) ||
      sl_text_add(&out, "CHAP_C", encode(challenge_).c_str()))
    return fail(why, Status::OutOfResources, "more keys than an answer can hold");
  return Status::Success;
}

Status Chap::verify(const Keys& keys, sl_text_out& out, std::string& why) {
  std::string theirs;
  if (!keys.contains("CHAP_N") || !keys.contains("CHAP_R") || keys.contains("CHAP_A") ||
      keys.contains("CHAP_I") != keys.contains("CHAP_C"))
    return fail(why, Status::InitiatorError, "not the keys that answer a CHAP challenge");
  const std::string& name = keys.at("CHAP_N");
  if (!decode(keys.at("CHAP_R"), theirs))
    return fail(why, Status::InitiatorError, "CHAP_R is no binary value");

  Account account(tid_, ISCSI_SCST_INCOMING);
  int err = name.empty() || !copy_text(account.user, name) ? ENOENT : kernel_.get_account(account);
  if (err && err != ENOENT)
    return fail(why, Status::TargetError, strerror(err));
  // An unknown name takes as long as a wrong secret.
  const std::string ours = response_to(algorithm_, id_, account.secret, challenge_);
  const bool same = !ours.empty() && ours.size() == theirs.size() &&
                    CRYPTO_memcmp(ours.data(), theirs.data(), ours.size()) == 0;
  if (err || !same)
    return fail(why, Status::AuthenticationFailure,
                fmt::format("CHAP user {}: {}", printable(name),
                            err ? "there is no such IncomingUser" : "wrong secret"));
  if (keys.contains("CHAP_I"))
    if (Status s = prove(keys, account, out, why); s != Status::Success)
      return s;
  state_ = State::Done;
  return Status::Success;
}

/// The target's own proof, for mutual CHAP.
Status Chap::prove(const Keys& keys, const iscsi_scst_account& incoming, sl_text_out& out,
                   std::string& why) {
  std::string id, challenge;
  if (!decode_id(keys.at("CHAP_I"), id) || !decode(keys.at("CHAP_C"), challenge))
    return fail(why, Status::InitiatorError, "CHAP_I or CHAP_C is no valid value");
  // RFC 7143 9.2.1: whoever sends our own challenge wants us to answer it for him.
  if (challenge == challenge_)
    return fail(why, Status::AuthenticationFailure, "the initiator reflects our challenge");
  Account account(tid_, ISCSI_SCST_OUTGOING);
  if (int err = kernel_.get_account(account))
    return fail(why, Status::AuthenticationFailure,
                err == ENOENT ? "mutual CHAP is wanted, but there is no OutgoingUser"
                              : strerror(err));
  if (!strcmp(account.secret, incoming.secret))
    return fail(why, Status::AuthenticationFailure,
                "IncomingUser and OutgoingUser have the same secret, which RFC 7143 9.2.1 forbids");
  const std::string proof = response_to(algorithm_, id, account.secret, challenge);
  if (proof.empty() || sl_text_add(&out, "CHAP_N", account.user) ||
      sl_text_add(&out, "CHAP_R", encode(proof).c_str()))
    return fail(why, Status::TargetError, "cannot answer the initiator's challenge");
  return Status::Success;
}

} // namespace scstd
