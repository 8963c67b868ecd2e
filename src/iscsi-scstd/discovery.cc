// SPDX-License-Identifier: GPL-2.0-only
#include "discovery.hh"

#include "address.hh"
#include "log.hh"
#include "login.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace scstd {

namespace {

/// The target transfer tag of the one text exchange that can be open.
constexpr std::uint32_t kTag = 1;

constexpr std::size_t kLogoutReason = 1;
constexpr std::size_t kResponse = 2;
constexpr unsigned kRemoveForRecovery = 2;

// Logout responses (RFC 7143 11.15.1).
constexpr std::uint8_t kClosed = 0;
constexpr std::uint8_t kNoRecovery = 2;

/// How much of the text from `at` goes into one segment: whole pairs if any fit.
std::size_t cut(const std::string& text, std::size_t at, std::size_t limit) {
  if (text.size() - at <= limit)
    return text.size() - at;
  std::size_t nul = text.rfind('\0', at + limit - 1);
  return nul == std::string::npos || nul < at ? limit : nul + 1 - at;
}

} // namespace

Discovery::Discovery(Kernel& kernel, Ends ends, const Login& login)
    : kernel_(kernel), ends_(std::move(ends)), initiator_(login.initiator()),
      neg_(login.negotiation()), exp_cmd_sn_(login.cmd_sn()), stat_sn_(login.stat_sn()) {}

Reply Discovery::receive(Pdu& request) {
  const std::uint8_t* bhs = request.bhs.data();
  if (!sl_bhs_immediate(bhs))
    exp_cmd_sn_ = sl_bhs_cmd_sn(bhs) + 1;
  switch (sl_bhs_opcode(bhs)) {
  case SL_ISCSI_TEXT:
    return text(request);
  case SL_ISCSI_LOGOUT:
    return logout(request);
  default: // 4.3: a discovery session has nothing else
    return reject(request, SL_REJECT_NOT_SUPPORTED);
  }
}

Reply Discovery::text(Pdu& request) {
  const std::uint8_t* bhs = request.bhs.data();
  const bool final = sl_bhs_final(bhs);
  const bool more = (bhs[1] & SL_ISCSI_CONTINUE) != 0;
  if (final && more)
    return reject(request, SL_REJECT_PROTOCOL);
  if (sl_bhs_ttt(bhs) == SL_ISCSI_NO_TAG) { // a new exchange drops an old one (11.10.4)
    forget();
  } else if (sl_bhs_ttt(bhs) != kTag || (sent_ < answer_.size() && !request.data.empty())) {
    // The rest of an answer is fetched with empty requests.
    return reject(request, SL_REJECT_PROTOCOL);
  }
  if (question_.size() + request.data.size() > kMaxText)
    return reject(request, SL_REJECT_OUT_OF_RESOURCES);
  question_ += request.data;
  if (!more && !answer_text())
    return reject(request, SL_REJECT_PROTOCOL);
  return text_response(request, final);
}

bool Discovery::answer_text() {
  std::string text = std::move(question_);
  question_.clear();
  sl_text_in in;
  sl_text_init(&in, text.data(), text.size());
  const char *key, *value;
  bool listed = false;
  int rc;
  while ((rc = sl_text_next(&in, &key, &value)) == 1) {
    std::string buf(SL_TEXT_KEY_MAX + SL_TEXT_VALUE_MAX, '\0');
    sl_text_out out{buf.data(), 0, buf.size()};
    if (sl_neg_receive(&neg_, key, value, &out))
      return false;
    answer_.append(buf, 0, out.len);
    if (sl_key_find(key) != SL_KEY_SEND_TARGETS)
      continue;
    // Once a request: a short question must not ask for any number of lists.
    if (listed || !send_targets(value))
      return false;
    listed = true;
  }
  return rc == 0;
}

/// "All" or the name of one target; the empty value has no meaning without a
/// target that the session belongs to (appendix C).
bool Discovery::send_targets(const std::string& which) {
  char name[SL_ISCSI_NAME_MAX + 1];
  if (which != "All") {
    if (sl_iscsi_name_check(which.c_str(), name))
      add("SendTargets", "Reject");
    else
      return add_target(name);
    return true;
  }
  std::vector<std::string> names;
  if (int err = kernel_.list_targets(initiator_, ends_.portal, names)) {
    log(Level::Error, "cannot list targets for {}: {}", initiator_, strerror(err));
    return false;
  }
  return std::all_of(names.begin(), names.end(),
                     [this](const std::string& target) { return add_target(target); });
}

/// A target that is gone by now, disabled or hidden is left out.
bool Discovery::add_target(const std::string& name) {
  iscsi_scst_target target{};
  if (!copy_text(target.name, name) || !copy_text(target.initiator, initiator_) ||
      !copy_text(target.portal, ends_.portal))
    return false;
  if (kernel_.get_target(target) || !target.enabled)
    return true;
  add("TargetName", name);
  const Address where = ends_.announced_host.empty()
                            ? Address{ends_.portal, ends_.portal_port}
                            : Address{ends_.announced_host, ends_.announced_port};
  add("TargetAddress", fmt::format("{},{}", to_text(where), target.portal_group));
  return true;
}

void Discovery::add(const std::string& key, const std::string& value) {
  answer_ += key;
  answer_ += '=';
  answer_ += value;
  answer_ += '\0';
}

void Discovery::forget() {
  question_.clear();
  answer_.clear();
  sent_ = 0;
}

Reply Discovery::text_response(const Pdu& request, bool final) {
  Reply reply;
  std::uint8_t* bhs = reply.pdu.bhs.data();
  const std::size_t len = cut(answer_, sent_, neg_.value[SL_KEY_MAX_RECV_DSL]);
  reply.pdu.data = answer_.substr(sent_, len);
  sent_ += len;
  const bool more = sent_ < answer_.size();
  if (!more) {
    answer_.clear();
    sent_ = 0;
  }

  const bool done = final && !more;
  sl_bhs_init(bhs, SL_ISCSI_TEXT_RSP,
              done   ? SL_ISCSI_FINAL
              : more ? SL_ISCSI_CONTINUE
                     : 0,
              sl_bhs_itt(request.bhs.data()));
  sl_bhs_set_ttt(bhs, done ? SL_ISCSI_NO_TAG : kTag);
  finish(reply);
  return reply;
}

Reply Discovery::logout(const Pdu& request) {
  Reply reply;
  std::uint8_t* bhs = reply.pdu.bhs.data();
  const bool recovery = (request.bhs[kLogoutReason] & 0x7fu) == kRemoveForRecovery;
  sl_bhs_init(bhs, SL_ISCSI_LOGOUT_RSP, SL_ISCSI_FINAL, sl_bhs_itt(request.bhs.data()));
  bhs[kResponse] = recovery ? kNoRecovery : kClosed;
  finish(reply);
  reply.next = recovery ? Next::Read : Next::Close;
  return reply;
}

Reply Discovery::reject(const Pdu& request, sl_iscsi_reject reason) {
  Reply reply;
  std::uint8_t* bhs = reply.pdu.bhs.data();
  forget();
  sl_bhs_init(bhs, SL_ISCSI_REJECT, SL_ISCSI_FINAL, SL_ISCSI_NO_TAG);
  bhs[kResponse] = static_cast<std::uint8_t>(reason);
  reply.pdu.data.assign(request.bhs.begin(), request.bhs.end());
  finish(reply);
  return reply;
}

void Discovery::finish(Reply& reply) {
  std::uint8_t* bhs = reply.pdu.bhs.data();
  sl_bhs_set_data_len(bhs, static_cast<std::uint32_t>(reply.pdu.data.size()));
  sl_bhs_set_sn(bhs, stat_sn_++, exp_cmd_sn_, exp_cmd_sn_);
}

} // namespace scstd
