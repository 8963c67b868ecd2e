// SPDX-License-Identifier: GPL-2.0-only
#include "login.hh"

#include "address.hh"
#include "auth.hh"
#include "log.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace scstd {

namespace {

// Login stages on the wire (RFC 7143 11.12.3).
constexpr unsigned kSecurity = 0;
constexpr unsigned kOperational = 1;
constexpr unsigned kFullFeature = 3;

// Byte 1.
constexpr unsigned kTransit = 0x80;
constexpr unsigned kContinue = 0x40;
constexpr unsigned kStageBits = 0x0c;

// Offsets in a Login Request and Response that other PDUs do not have.
constexpr std::size_t kVersionMin = 3;
constexpr std::size_t kIsid = 8;
constexpr std::size_t kTsih = 14;
constexpr std::size_t kCid = 20;
constexpr std::size_t kStatus = 36;

/// The values of include/uapi/iscsi_scst.h and the keys they belong to. Those
/// of MaxRecvDataSegmentLength depend on the direction and are handled apart.
constexpr struct {
  iscsi_scst_param param;
  sl_key key;
} kParams[] = {
    {ISCSI_SCST_P_INITIAL_R2T, SL_KEY_INITIAL_R2T},
    {ISCSI_SCST_P_IMMEDIATE_DATA, SL_KEY_IMMEDIATE_DATA},
    {ISCSI_SCST_P_MAX_RECV_DSL, SL_KEY_MAX_RECV_DSL},
    {ISCSI_SCST_P_MAX_BURST, SL_KEY_MAX_BURST},
    {ISCSI_SCST_P_FIRST_BURST, SL_KEY_FIRST_BURST},
    {ISCSI_SCST_P_MAX_OUTSTANDING_R2T, SL_KEY_MAX_OUTSTANDING_R2T},
    {ISCSI_SCST_P_HEADER_DIGEST, SL_KEY_HEADER_DIGEST},
    {ISCSI_SCST_P_DATA_DIGEST, SL_KEY_DATA_DIGEST},
    {ISCSI_SCST_P_MAX_CONNECTIONS, SL_KEY_MAX_CONNECTIONS},
    {ISCSI_SCST_P_ERROR_RECOVERY_LEVEL, SL_KEY_ERROR_RECOVERY_LEVEL},
    {ISCSI_SCST_P_TIME2WAIT, SL_KEY_TIME2WAIT},
    {ISCSI_SCST_P_TIME2RETAIN, SL_KEY_TIME2RETAIN},
};

/// Requests of one login at most: no key needs so many rounds.
constexpr unsigned kMaxRequests = 64;
constexpr const char* kIscsiPort = ":3260";

/// The session handle of a discovery session, which the kernel never sees. It
/// only has to differ from 0, which stands for a session that is not there yet.
constexpr std::uint16_t kDiscoveryTsih = 1;

Status status_of_lookup(int err) {
  switch (err) {
  case ENOENT:
    return Status::NotFound;
  case EACCES:
  case EPERM:
    return Status::Forbidden;
  case EAGAIN: // who decides has not said yet
    return Status::ServiceUnavailable;
  default:
    return Status::TargetError;
  }
}

Status status_of_add(int err) {
  switch (err) {
  case EMFILE:
  case ENOMEM:
    return Status::OutOfResources;
  case ESRCH:
    return Status::SessionDoesNotExist;
  case EUSERS:
    return Status::TooManyConnections;
  default:
    return status_of_lookup(err);
  }
}

} // namespace

Login::Login(Kernel& kernel, Ends ends) : kernel_(kernel), ends_(std::move(ends)) {
  sl_neg_init(&neg_);
  auth_begin(neg_);
}

Status Login::fail(Status status, std::string_view why) {
  why_ = why;
  return status;
}

Reply Login::receive(Pdu& request) {
  const std::uint8_t* bhs = request.bhs.data();
  if (sl_bhs_opcode(bhs) != SL_ISCSI_LOGIN) {
    // Before a login there is nothing that a response could refer to.
    if (!begun_)
      return {{}, Next::Close};
    why_ = "another request than Login";
    return refuse(request, Status::InvalidDuringLogin);
  }
  Reply reply;
  reply.pdu.bhs[1] = bhs[1] & kStageBits;
  Status status = answer(request, reply);
  if (status != Status::Success)
    return refuse(request, status);
  return reply;
}

Status Login::answer(Pdu& request, Reply& reply) {
  Flags flags{};
  if (++requests_ > kMaxRequests)
    return fail(Status::InitiatorError, "a login without end");
  if (Status s = check_header(request, flags); s != Status::Success)
    return s;
  if (text_.size() + request.data.size() > kMaxText)
    return fail(Status::OutOfResources, "more than 64 KiB of text");
  text_ += request.data;
  if (flags.more) {
    fill_header(request, reply);
    return Status::Success;
  }

  std::vector<Pair> pairs;
  if (Status s = read_pairs(pairs); s != Status::Success)
    return s;
  if (!named_)
    if (Status s = first_request(pairs); s != Status::Success)
      return s;

  std::string buf(kMaxSegment, '\0');
  sl_text_out out{buf.data(), 0, buf.size()};
  if (Status s = negotiate(pairs, out); s != Status::Success)
    return s;
  text_.clear();
  if (Status s = declare(out); s != Status::Success)
    return s;
  if (Status s = transit(flags, out, reply); s != Status::Success)
    return s;
  buf.resize(out.len);
  reply.pdu.data = std::move(buf);
  fill_header(request, reply);
  return Status::Success;
}

Status Login::check_header(const Pdu& request, Flags& flags) {
  const std::uint8_t* bhs = request.bhs.data();
  flags = {(bhs[1] & kTransit) != 0, (bhs[1] & kContinue) != 0, (bhs[1] >> 2u) & 3u, bhs[1] & 3u};
  if (bhs[kVersionMin] > 0)
    return fail(Status::UnsupportedVersion, "no common protocol version");
  if (begun_) {
    if (Status s = check_same_login(bhs); s != Status::Success)
      return s;
  } else {
    wanted_tsih_ = tsih_ = sl_get_be16(bhs + kTsih);
    neg_.joining = wanted_tsih_ != 0;
    memcpy(isid_, bhs + kIsid, sizeof(isid_));
    cid_ = sl_get_be16(bhs + kCid);
    itt_ = sl_bhs_itt(bhs);
    cmd_sn_ = sl_bhs_cmd_sn(bhs);
    neg_.stage = flags.current == kSecurity ? SL_STAGE_SECURITY : SL_STAGE_OPERATIONAL;
    begun_ = true;
  }
  return check_stage(flags);
}

Status Login::check_same_login(const std::uint8_t* bhs) {
  bool same = !memcmp(isid_, bhs + kIsid, sizeof(isid_)) &&
              sl_get_be16(bhs + kTsih) == wanted_tsih_ && sl_get_be16(bhs + kCid) == cid_ &&
              sl_bhs_itt(bhs) == itt_;
  return same ? Status::Success
              : fail(Status::InvalidDuringLogin, "ISID, TSIH, CID or task tag changed");
}

Status Login::check_stage(const Flags& flags) {
  const unsigned stage = neg_.stage == SL_STAGE_SECURITY ? kSecurity : kOperational;
  if (flags.current != stage)
    return fail(Status::InitiatorError, "a stage that the login is not in");
  if (flags.transit && flags.more)
    return fail(Status::InitiatorError, "both T and C bit");
  if (flags.transit &&
      (flags.next <= flags.current || (flags.next != kOperational && flags.next != kFullFeature)))
    return fail(Status::InitiatorError, "a next stage that does not follow the current one");
  return Status::Success;
}

Status Login::read_pairs(std::vector<Pair>& pairs) {
  sl_text_in in;
  sl_text_init(&in, text_.data(), text_.size());
  Pair p{};
  int rc;
  while ((rc = sl_text_next(&in, &p.key, &p.value)) == 1)
    pairs.push_back(p);
  return rc ? fail(Status::InitiatorError, "malformed text") : Status::Success;
}

/// Names and session type must all be in the first request (RFC 7143 6.3).
Status Login::first_request(const std::vector<Pair>& pairs) {
  auto value = [&pairs](sl_key key) -> const char* {
    auto it = std::find_if(pairs.begin(), pairs.end(),
                           [key](const Pair& p) { return !strcmp(p.key, sl_key_name(key)); });
    return it == pairs.end() ? nullptr : it->value;
  };
  char name[SL_ISCSI_NAME_MAX + 1];
  const char* initiator = value(SL_KEY_INITIATOR_NAME);
  if (!initiator)
    return fail(Status::MissingParameter, "no InitiatorName");
  if (sl_iscsi_name_check(initiator, name))
    return fail(Status::InitiatorError, "InitiatorName is no iSCSI name");
  initiator_ = name;

  const char* type = value(SL_KEY_SESSION_TYPE);
  if (type && !strcmp(type, "Discovery"))
    neg_.discovery = true;
  else if (type && strcmp(type, "Normal") != 0)
    return fail(Status::SessionTypeNotSupported, "an unknown SessionType");
  if (neg_.discovery && neg_.joining)
    return fail(Status::SessionDoesNotExist, "a discovery session has one connection");
  if (!neg_.discovery)
    if (Status s = find_target(value(SL_KEY_TARGET_NAME)); s != Status::Success)
      return s;
  if (Status s = find_accounts(); s != Status::Success)
    return s;
  set_offers();
  named_ = true;
  return Status::Success;
}

Status Login::find_target(const char* name) {
  char normal[SL_ISCSI_NAME_MAX + 1];
  if (!name)
    return fail(Status::MissingParameter, "no TargetName");
  if (sl_iscsi_name_check(name, normal))
    return fail(Status::NotFound, "TargetName is no iSCSI name");
  if (!copy_text(target_.name, normal) || !copy_text(target_.initiator, initiator_) ||
      !copy_text(target_.portal, ends_.portal))
    return fail(Status::TargetError, "a name too long for the kernel");
  if (int err = kernel_.get_target(target_))
    return fail(status_of_lookup(err), strerror(err));
  if (!target_.enabled)
    return fail(Status::ServiceUnavailable, "the target is disabled");
  return check_redirect();
}

/// To another portal (RFC 7143 11.13.5); whoever comes to that one is served.
Status Login::check_redirect() {
  if (target_.redirect == ISCSI_SCST_REDIRECT_NO)
    return Status::Success;
  std::string to = target_.redirect_to;
  if (to.back() == ']' || std::count(to.begin(), to.end(), ':') == 0)
    to += kIscsiPort;
  if (to == to_text({ends_.portal, ends_.portal_port}))
    return Status::Success;
  redirected_to_ = to;
  return fail(target_.redirect == ISCSI_SCST_REDIRECT_TEMP ? Status::MovedTemporarily
                                                           : Status::MovedPermanently,
              "redirected to " + to);
}

/// Accounts make CHAP a must: a target's for its sessions, the driver's for discovery.
Status Login::find_accounts() {
  iscsi_scst_account any{};
  any.tid = neg_.discovery ? 0 : target_.tid;
  any.direction = ISCSI_SCST_INCOMING;
  int err = kernel_.get_account(any);
  if (err && err != ENOENT)
    return fail(status_of_lookup(err), strerror(err));
  auth_require(neg_, !err);
  return Status::Success;
}

/// A discovery session offers what lib/ has by default: no digests, small segments.
void Login::set_offers() {
  if (neg_.discovery)
    return;
  for (const auto& [param, key] : kParams)
    neg_.offer[key] = target_.params[param];
  neg_.offer[SL_KEY_FIRST_BURST] =
      std::min(neg_.offer[SL_KEY_FIRST_BURST], neg_.offer[SL_KEY_MAX_BURST]);
}

Status Login::negotiate(const std::vector<Pair>& pairs, sl_text_out& out) {
  Chap::Keys chap;
  for (const Pair& p : pairs) {
    if (Chap::is_key(p.key)) {
      if (!chap.emplace(p.key, p.value).second)
        return fail(Status::InitiatorError, fmt::format("{} twice", p.key));
      continue;
    }
    int err = sl_neg_receive(&neg_, p.key, p.value, &out);
    if (err == -ENOSPC)
      return fail(Status::OutOfResources, "more keys than an answer can hold");
    if (err)
      return fail(Status::InitiatorError,
                  fmt::format("{}={}: {}", p.key, printable(p.value),
                              err == -EPROTO ? "not allowed here, or twice" : "no valid value"));
  }
  // From here on these are too late (RFC 7143 13.4, 13.5, 13.21).
  for (sl_key key : {SL_KEY_INITIATOR_NAME, SL_KEY_TARGET_NAME, SL_KEY_SESSION_TYPE})
    neg_.state[key] = SL_NEG_DONE;
  if (auth_no_common_method(neg_))
    return fail(Status::AuthenticationFailure, "no common AuthMethod");
  return authenticate(chap, out);
}

Status Login::authenticate(const Chap::Keys& keys, sl_text_out& out) {
  if (neg_.stage != SL_STAGE_SECURITY || !auth_is_chap(neg_))
    return keys.empty() ? Status::Success : fail(Status::InitiatorError, "CHAP keys without CHAP");
  if (!chap_)
    chap_.emplace(kernel_, neg_.discovery ? 0 : target_.tid);
  return chap_->step(keys, out, why_);
}

/// Adds what the target says of its own accord.
Status Login::declare(sl_text_out& out) {
  int err = 0;
  if (!neg_.discovery && !told_portal_group_)
    err = sl_text_add_u32(&out, sl_key_name(SL_KEY_PORTAL_GROUP), target_.portal_group);
  told_portal_group_ = true;
  if (!err && neg_.stage == SL_STAGE_OPERATIONAL)
    err = sl_neg_declare(&neg_, &out);
  return err ? fail(Status::OutOfResources, "more keys than an answer can hold") : Status::Success;
}

Status Login::transit(const Flags& flags, sl_text_out& out, Reply& reply) {
  if (!flags.transit)
    return Status::Success;
  const bool proved = chap_ && chap_->done();
  // Asked for too early: the answer has no T bit, and the initiator goes on.
  if (auth_is_chap(neg_) && !proved)
    return Status::Success;
  if (!auth_satisfied(neg_, proved))
    return fail(Status::AuthenticationFailure, "the initiator did not authenticate itself");

  if (flags.next == kFullFeature) {
    // Out of the security stage nothing can be offered any more.
    sl_text_out none{out.buf, 0, 0};
    int open = sl_neg_offer_missing(&neg_, neg_.stage == SL_STAGE_OPERATIONAL ? &out : &none);
    if (open == -EPROTO)
      return fail(Status::InitiatorError, "a key has no value that suits both sides");
    if (open < 0)
      return fail(Status::MissingParameter, "a key that this target insists on was not negotiated");
    if (open > 0)
      return Status::Success; // without the T bit: the initiator answers first
    if (Status s = enter_full_feature(reply); s != Status::Success)
      return s;
  } else {
    neg_.stage = SL_STAGE_OPERATIONAL;
  }
  reply.pdu.bhs[1] |= static_cast<std::uint8_t>(kTransit | flags.next);
  return Status::Success;
}

Status Login::enter_full_feature(Reply& reply) {
  neg_.stage = SL_STAGE_FULL_FEATURE;
  if (neg_.discovery) {
    tsih_ = kDiscoveryTsih;
    reply.next = Next::Discover;
    log(Level::Info, "discovery session of {} from {}", initiator_, ends_.peer);
    return Status::Success;
  }
  reply.next = Next::HandOver;
  return add_connection();
}

Status Login::add_connection() {
  iscsi_scst_conn conn{};
  for (const auto& [param, key] : kParams)
    conn.params[param] = neg_.value[key];
  conn.params[ISCSI_SCST_P_FIRST_BURST] = sl_neg_first_burst(&neg_);
  conn.params[ISCSI_SCST_P_MAX_RECV_DSL] = sl_neg_recv_dsl(&neg_);
  conn.params[ISCSI_SCST_P_MAX_XMIT_DSL] =
      std::min(neg_.value[SL_KEY_MAX_RECV_DSL], target_.params[ISCSI_SCST_P_MAX_XMIT_DSL]);
  conn.fd = ends_.fd;
  conn.tid = target_.tid;
  memcpy(conn.isid, isid_, sizeof(isid_));
  conn.tsih = wanted_tsih_;
  conn.cid = cid_;
  // Login requests are immediate: none of them took a CmdSN (RFC 7143 4.2.2.1).
  conn.exp_cmd_sn = cmd_sn_;
  conn.stat_sn = stat_sn_ + 1;
  if (!copy_text(conn.initiator, initiator_) || !copy_text(conn.portal, ends_.portal) ||
      !copy_text(conn.peer, ends_.peer))
    return fail(Status::TargetError, "a name too long for the kernel");
  if (int err = kernel_.add_conn(conn))
    return fail(status_of_add(err), err == ESRCH    ? "no such session of this initiator"
                                    : err == EUSERS ? "the session has all its connections"
                                                    : strerror(err));
  tsih_ = conn.tsih;
  handle_ = conn.handle;
  log_about({{"ISCSI_INITIATOR", initiator_},
             {"ISCSI_TARGET", target_.name},
             {"ISCSI_PEER", ends_.peer},
             {"ISCSI_LOGIN_STATUS", "0000"}},
            Level::Info, "{} from {} logged in to {}{}", initiator_, ends_.peer, target_.name,
            neg_.joining ? fmt::format(", connection {} of session {}", cid_, tsih_) : "");
  return Status::Success;
}

/// One command may follow the login at once; the kernel opens the window with its first
/// response. A session that is there has its own window, and acknowledges nothing else.
void Login::find_window(std::uint32_t& exp_cmd_sn, std::uint32_t& max_cmd_sn) {
  exp_cmd_sn = max_cmd_sn = cmd_sn_;
  iscsi_scst_session session{};
  if (!neg_.joining || !copy_text(session.initiator, initiator_) ||
      !copy_text(session.portal, ends_.portal))
    return;
  session.tid = target_.tid;
  memcpy(session.isid, isid_, sizeof(isid_));
  session.tsih = wanted_tsih_;
  if (kernel_.get_session(session))
    return;
  exp_cmd_sn = session.exp_cmd_sn;
  max_cmd_sn = session.max_cmd_sn;
}

/// What every response has; byte 1 is set by then.
void Login::fill_header(const Pdu& request, Reply& reply) {
  std::uint8_t* bhs = reply.pdu.bhs.data();
  sl_bhs_init(bhs, SL_ISCSI_LOGIN_RSP, bhs[1], sl_bhs_itt(request.bhs.data()));
  sl_bhs_set_data_len(bhs, static_cast<std::uint32_t>(reply.pdu.data.size()));
  memcpy(bhs + kIsid, isid_, sizeof(isid_));
  sl_put_be16(tsih_, bhs + kTsih);
  std::uint32_t exp_cmd_sn = 0, max_cmd_sn = 0;
  find_window(exp_cmd_sn, max_cmd_sn);
  sl_bhs_set_sn(bhs, stat_sn_++, exp_cmd_sn, max_cmd_sn);
}

Reply Login::refuse(const Pdu& request, Status status) {
  Reply reply;
  const auto code = static_cast<std::uint16_t>(status);
  reply.next = Next::Close;
  reply.pdu.bhs[1] = request.bhs[1] & kStageBits;
  if (!redirected_to_.empty())
    reply.pdu.data = "TargetAddress=" + redirected_to_ + '\0';
  fill_header(request, reply);
  memcpy(reply.pdu.bhs.data() + kIsid, request.bhs.data() + kIsid, sizeof(isid_) + 2);
  sl_put_be16(code, reply.pdu.bhs.data() + kStatus);
  log_about({{"ISCSI_INITIATOR", initiator_},
             {"ISCSI_TARGET", target_.name},
             {"ISCSI_PEER", ends_.peer},
             {"ISCSI_LOGIN_STATUS", fmt::format("{:04x}", code)}},
            Level::Notice, "login of {} from {} to {} refused: {} (status {:04x})",
            initiator_.empty() ? "(unnamed)" : initiator_, ends_.peer,
            target_.name[0] ? target_.name : "(none)", why_, code);
  return reply;
}

} // namespace scstd
