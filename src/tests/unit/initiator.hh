// SPDX-License-Identifier: GPL-2.0-only
// What an initiator sends and how it reads the answers, for tests.
#pragma once

#include "wire.hh"

#include <initializer_list>
#include <string>

namespace initiator {

using scstd::Pdu;

constexpr const char* kName = "iqn.2020-05.example.lab:host";
constexpr const char* kTarget = "iqn.2020-05.example.lab:disk";
constexpr std::uint32_t kItt = 0x11223344;
constexpr std::uint32_t kCmdSn = 77;

/// "key=value" pairs with their NULs.
inline std::string text(std::initializer_list<std::string> pairs) {
  std::string all;
  for (const std::string& pair : pairs)
    all += pair + '\0';
  return all;
}

/// Pairs of an answer, each followed by ';'.
inline std::string pairs(const Pdu& pdu) {
  std::string all = pdu.data;
  for (char& c : all)
    if (!c)
      c = ';';
  return all;
}

inline Pdu login(unsigned flags, const std::string& data) {
  Pdu p;
  p.bhs[0] = SL_ISCSI_LOGIN | SL_ISCSI_IMMEDIATE;
  p.bhs[1] = static_cast<std::uint8_t>(flags);
  p.bhs[8] = 0x40; // ISID
  p.bhs[13] = 0x07;
  sl_put_be32(kItt, p.bhs.data() + 16);
  sl_put_be16(9, p.bhs.data() + 20); // CID
  sl_put_be32(kCmdSn, p.bhs.data() + 24);
  p.data = data;
  sl_bhs_set_data_len(p.bhs.data(), static_cast<std::uint32_t>(data.size()));
  return p;
}

// Flags of a Login Request: T bit, current and next stage.
constexpr unsigned kSecurityToOperational = 0x81;
constexpr unsigned kSecurityToFull = 0x83;
constexpr unsigned kOperational = 0x04;
constexpr unsigned kOperationalToFull = 0x87;
constexpr unsigned kMore = 0x40;

inline std::string names() {
  return text({std::string("InitiatorName=") + kName, "SessionType=Normal",
               std::string("TargetName=") + kTarget});
}

inline std::string discovery_names() {
  return text({std::string("InitiatorName=") + kName, "SessionType=Discovery"});
}

inline Pdu request(unsigned opcode, unsigned flags, const std::string& data = {},
                   std::uint32_t ttt = SL_ISCSI_NO_TAG) {
  Pdu p;
  p.bhs[0] = static_cast<std::uint8_t>(opcode);
  p.bhs[1] = static_cast<std::uint8_t>(flags);
  sl_put_be32(kItt, p.bhs.data() + 16);
  sl_bhs_set_ttt(p.bhs.data(), ttt);
  sl_put_be32(kCmdSn, p.bhs.data() + 24);
  p.data = data;
  sl_bhs_set_data_len(p.bhs.data(), static_cast<std::uint32_t>(data.size()));
  return p;
}

inline unsigned opcode(const Pdu& p) {
  return sl_bhs_opcode(p.bhs.data());
}
inline unsigned flags(const Pdu& p) {
  return p.bhs[1];
}
inline unsigned status(const Pdu& p) {
  return sl_get_be16(p.bhs.data() + 36);
}
inline unsigned tsih(const Pdu& p) {
  return sl_get_be16(p.bhs.data() + 14);
}
inline std::uint32_t stat_sn(const Pdu& p) {
  return sl_get_be32(p.bhs.data() + 24);
}
inline std::uint32_t exp_cmd_sn(const Pdu& p) {
  return sl_get_be32(p.bhs.data() + 28);
}
inline std::uint32_t max_cmd_sn(const Pdu& p) {
  return sl_get_be32(p.bhs.data() + 32);
}

/// The bytes of a PDU on the wire.
inline std::string bytes(const Pdu& p) {
  std::string all(p.bhs.begin(), p.bhs.end());
  all += p.data;
  all.append(sl_iscsi_pad(static_cast<std::uint32_t>(p.data.size())), '\0');
  return all;
}

} // namespace initiator
