// SPDX-License-Identifier: GPL-2.0-only
// Discovery, login, INQUIRY, READ CAPACITY(16), write random data, read it back, compare digests.
#include "initiator/verify.hh"

#include "sys/iscsi.hh"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

namespace inst {
namespace {

using Said = std::function<void(const std::string&)>;
using Clock = std::chrono::steady_clock;

constexpr int command_seconds = 60;
constexpr std::uint64_t chunk = 256 << 10; // bytes a command moves

class Digest {
public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(const std::vector<std::uint8_t>& data) {
    EVP_DigestUpdate(context_.get(), data.data(), data.size());
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &length);
    return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.begin() + length, ""));
  }

private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

Error wrong(const VerifyOptions& o, const std::string& cause, const std::string& hint) {
  return {"verify", o.portal, cause, hint, Exit::verification};
}

/// Calls move(lba, data) over the whole range, with a line about every two seconds.
template <class Move>
Result<void> sweep(std::uint64_t bytes, std::uint32_t block_size, const char* verb,
                   const Said& said, Move move) {
  auto last = Clock::now();
  for (std::uint64_t at = 0; at < bytes; at += chunk) {
    std::vector<std::uint8_t> data(std::min(chunk, bytes - at));
    if (auto moved = move(at / block_size, data); !moved)
      return moved;
    if (Clock::now() - last > std::chrono::seconds(2)) {
      said(fmt::format("  {} {} of {} MiB", verb, at >> 20, bytes >> 20));
      last = Clock::now();
    }
  }
  return {};
}

Result<void> write_and_read(sys::Initiator& initiator, const VerifyOptions& o, Verified& v,
                            const Said& said) {
  const std::uint64_t bytes = o.write_mib << 20;
  if (bytes / v.block_size > v.blocks || (bytes >> 20) != o.write_mib)
    return wrong(o, fmt::format("the LUN is smaller than {} MiB", o.write_mib),
                 "Give a smaller --write-mib.");
  Digest out;
  auto written = sweep(bytes, v.block_size, "wrote", said, [&](std::uint64_t lba, auto& data) {
    RAND_bytes(data.data(), static_cast<int>(data.size()));
    out.add(data);
    return initiator.write(lba, v.block_size, data);
  });
  if (!written)
    return written;
  Digest in;
  auto read = sweep(bytes, v.block_size, "read", said, [&](std::uint64_t lba, auto& data) {
    auto got = initiator.read(lba, v.block_size, data);
    in.add(data);
    return got;
  });
  if (!read)
    return read;
  v.written = bytes;
  v.written_digest = out.hex();
  v.read_digest = in.hex();
  if (v.written_digest != v.read_digest)
    return wrong(o, "what was read is not what was written",
                 "Do not use this LUN. Keep the kernel log and report this.");
  said(fmt::format("wrote and read back {} MiB: SHA-256 {} both ways", o.write_mib, v.read_digest));
  return {};
}

Result<std::string> choose_target(const VerifyOptions& o, const std::vector<std::string>& found) {
  if (o.target.empty() && found.size() == 1)
    return found.front();
  if (o.target.empty())
    return wrong(o, fmt::format("discovery shows {} targets", found.size()),
                 "Name one with --target.");
  if (std::find(found.begin(), found.end(), o.target) == found.end())
    return wrong(o, "discovery does not show " + o.target,
                 "Check the name and whether the target is enabled.");
  return o.target;
}

} // namespace

Result<Verified> verify(const VerifyOptions& o, const Said& said) {
  Verified v;
  sys::Initiator initiator(o.initiator, o.portal, command_seconds);
  auto found = initiator.discover();
  if (!found)
    return found.error();
  v.targets = *found;
  said(fmt::format("discovery: {}", fmt::join(v.targets, " ")));
  auto target = choose_target(o, v.targets);
  if (!target)
    return target.error();
  v.target = *target;
  if (auto in = initiator.login(v.target, o.lun); !in) {
    if (in.error().cause.find("LOGICAL_UNIT_NOT_SUPPORTED") != std::string::npos)
      in.error().hint = fmt::format("There is no LUN {} for {}: add the name to a GROUP in "
                                    "/etc/scst.conf and run scstadmin -config, or give another "
                                    "one with --initiator.",
                                    o.lun, o.initiator);
    return in.error();
  }
  said(fmt::format("login: {} LUN {} as {}", v.target, o.lun, o.initiator));
  const auto inquiry = initiator.inquiry();
  if (!inquiry)
    return inquiry.error();
  v.vendor = inquiry->vendor;
  v.product = inquiry->product;
  v.revision = inquiry->revision;
  said(fmt::format("INQUIRY: type {}, {} {} {}", inquiry->device_type, v.vendor, v.product,
                   v.revision));
  if (inquiry->device_type != 0)
    return wrong(o, "the LUN is not a disk for this initiator",
                 "Let it in: add its name to a GROUP in /etc/scst.conf.");
  const auto capacity = initiator.capacity();
  if (!capacity)
    return capacity.error();
  v.blocks = capacity->blocks;
  v.block_size = capacity->block_size;
  said(fmt::format("READ CAPACITY(16): {} blocks of {} bytes, {} MiB", v.blocks, v.block_size,
                   v.blocks * v.block_size >> 20));
  if (o.write_mib != 0)
    if (auto proved = write_and_read(initiator, o, v, said); !proved)
      return proved.error();
  return v;
}

} // namespace inst
