// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "iscsi_text.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace std::string_literals;

namespace {

/// Pairs as "key=value;", then "!" if the text is malformed.
std::string split(std::string text) {
  sl_text_in in;
  sl_text_init(&in, text.data(), text.size());
  const char *key, *value;
  std::string all;
  int rc;
  while ((rc = sl_text_next(&in, &key, &value)) == 1)
    all += std::string(key) + "=" + value + ";";
  return rc ? all + "!" : all;
}

/// A negotiation in the operational stage and the answers it gives.
struct Neg {
  Neg() {
    sl_neg_init(&n);
    n.stage = SL_STAGE_OPERATIONAL;
  }
  int receive(const char* key, const char* value) { return sl_neg_receive(&n, key, value, &out); }
  /// Answers so far as "key=value;", and forgets them.
  std::string answers() {
    std::string text = split(std::string(buf.data(), out.len));
    out.len = 0;
    return text;
  }
  std::string ask(const char* key, const char* value) {
    int rc = receive(key, value);
    return rc ? std::to_string(rc) : answers();
  }
  sl_neg n{};
  std::array<char, 8192> buf{};
  sl_text_out out{buf.data(), 0, buf.size()};
};

struct Row {
  const char *key, *offer, *answer;
};

} // namespace

TEST_CASE("Text is split into pairs at its NULs") {
  CHECK(split("A=1\0Bc=x=y\0D=\0"s) == "A=1;Bc=x=y;D=;");
  CHECK(split(""s) == "");
  CHECK(split("A=1\0\0\0B=2\0\0\0\0"s) == "A=1;B=2;");
}

TEST_CASE("Malformed text is refused") {
  CHECK(split("A=1"s) == "!");
  CHECK(split("A=1\0B=2"s) == "A=1;!");
  CHECK(split("A\0"s) == "!");
  CHECK(split("=1\0"s) == "!");
  CHECK(split("A b=1\0"s) == "!");
  CHECK(split("1A=1\0"s) == "!");
  CHECK(split("A\x80=1\0"s) == "!");
}

TEST_CASE("A key name has at most 63 bytes") {
  CHECK(split(std::string(63, 'k') + "=v\0"s) == std::string(63, 'k') + "=v;");
  CHECK(split(std::string(64, 'k') + "=v\0"s) == "!");
}

TEST_CASE("Text that does not fit is not added in part") {
  char buf[8] = "zzzzzzz";
  sl_text_out out{buf, 0, 7};
  CHECK(sl_text_add(&out, "Key", "abcd") == -ENOSPC);
  CHECK(out.len == 0);
  CHECK(sl_text_add(&out, "Key", "ab") == 0);
  CHECK(out.len == 7);
  CHECK(std::string(buf, 8) == "Key=ab\0\0"s);
  CHECK(sl_text_add(&out, "", "") == -ENOSPC);
}

TEST_CASE("Numbers are written in decimal") {
  char buf[64];
  sl_text_out out{buf, 0, sizeof(buf)};
  CHECK(sl_text_add_u32(&out, "A", 0) == 0);
  CHECK(sl_text_add_u32(&out, "B", 4294967295u) == 0);
  CHECK(split(std::string(buf, out.len)) == "A=0;B=4294967295;");
}

TEST_CASE("Every key of the table is found by its name") {
  for (int i = 0; i < SL_KEY_COUNT; i++)
    CHECK(sl_key_find(sl_key_name(static_cast<sl_key>(i))) == i);
  CHECK(sl_key_find("maxburstlength") == SL_KEY_COUNT);
  CHECK(sl_key_find("") == SL_KEY_COUNT);
}

TEST_CASE("The answer to an offer follows the rule of its key") {
  const Row rows[] = {
      {"HeaderDigest", "CRC32C,None", "HeaderDigest=None;"},
      {"HeaderDigest", "None", "HeaderDigest=None;"},
      {"HeaderDigest", "CRC32C", "HeaderDigest=Reject;"},
      {"HeaderDigest", "none", "HeaderDigest=Reject;"},
      {"DataDigest", "X-com.example,None", "DataDigest=None;"},
      {"MaxConnections", "8", "MaxConnections=1;"},
      {"MaxConnections", "0", "MaxConnections=Reject;"},
      {"MaxConnections", "65536", "MaxConnections=Reject;"},
      {"InitialR2T", "No", "InitialR2T=No;"},
      {"InitialR2T", "Yes", "InitialR2T=Yes;"},
      {"InitialR2T", "yes", "InitialR2T=Reject;"},
      {"ImmediateData", "Yes", "ImmediateData=Yes;"},
      {"ImmediateData", "No", "ImmediateData=No;"},
      {"MaxBurstLength", "16776192", "MaxBurstLength=16776192;"},
      {"MaxBurstLength", "0xFFffff", "MaxBurstLength=16777215;"},
      {"MaxBurstLength", "511", "MaxBurstLength=Reject;"},
      {"MaxBurstLength", "16777216", "MaxBurstLength=Reject;"},
      {"MaxBurstLength", "-1", "MaxBurstLength=Reject;"},
      {"MaxBurstLength", "", "MaxBurstLength=Reject;"},
      {"MaxBurstLength", "0x", "MaxBurstLength=Reject;"},
      {"MaxBurstLength", "99999999999999999999999999", "MaxBurstLength=Reject;"},
      {"FirstBurstLength", "262144", "FirstBurstLength=262144;"},
      {"DefaultTime2Wait", "2", "DefaultTime2Wait=2;"},
      {"DefaultTime2Wait", "0", "DefaultTime2Wait=0;"},
      {"DefaultTime2Wait", "3601", "DefaultTime2Wait=Reject;"},
      {"DefaultTime2Retain", "20", "DefaultTime2Retain=0;"},
      {"MaxOutstandingR2T", "16", "MaxOutstandingR2T=16;"},
      {"DataPDUInOrder", "No", "DataPDUInOrder=Yes;"},
      {"DataSequenceInOrder", "Yes", "DataSequenceInOrder=Yes;"},
      {"ErrorRecoveryLevel", "2", "ErrorRecoveryLevel=0;"},
      {"TaskReporting", "FastAbort,RFC3720", "TaskReporting=RFC3720;"},
      {"TaskReporting", "FastAbort", "TaskReporting=Reject;"},
      {"iSCSIProtocolLevel", "2", "iSCSIProtocolLevel=1;"},
      {"IFMarker", "No", "IFMarker=Reject;"},
      {"OFMarker", "Yes", "OFMarker=Reject;"},
      {"IFMarkInt", "2048~4096", "IFMarkInt=Reject;"},
      {"OFMarkInt", "1", "OFMarkInt=Reject;"},
      {"X-com.example.Speed", "9", "X-com.example.Speed=NotUnderstood;"},
      {"RDMAExtensions", "Yes", "RDMAExtensions=NotUnderstood;"},
  };
  for (const Row& r : rows) {
    INFO(r.key << "=" << r.offer);
    Neg neg;
    CHECK(neg.ask(r.key, r.offer) == r.answer);
  }
}

TEST_CASE("The target's own limits lower what is agreed") {
  Neg neg;
  neg.n.offer[SL_KEY_MAX_BURST] = 65536;
  neg.n.offer[SL_KEY_INITIAL_R2T] = 1;
  neg.n.offer[SL_KEY_IMMEDIATE_DATA] = 0;
  neg.n.offer[SL_KEY_DATA_DIGEST] = SL_DIGEST_CRC32C | SL_DIGEST_NONE;
  CHECK(neg.ask("MaxBurstLength", "262144") == "MaxBurstLength=65536;");
  CHECK(neg.ask("InitialR2T", "No") == "InitialR2T=Yes;");
  CHECK(neg.ask("ImmediateData", "Yes") == "ImmediateData=No;");
  CHECK(neg.ask("DataDigest", "CRC32C,None") == "DataDigest=CRC32C;");
  CHECK(neg.n.value[SL_KEY_MAX_BURST] == 65536);
  CHECK(neg.n.value[SL_KEY_INITIAL_R2T] == 1);
  CHECK(neg.n.value[SL_KEY_IMMEDIATE_DATA] == 0);
  CHECK(neg.n.value[SL_KEY_DATA_DIGEST] == SL_DIGEST_CRC32C);
}

TEST_CASE("A rejected offer leaves the default") {
  Neg neg;
  CHECK(neg.ask("MaxBurstLength", "1") == "MaxBurstLength=Reject;");
  CHECK(neg.n.value[SL_KEY_MAX_BURST] == 262144);
}

TEST_CASE("A key that comes twice in a login is a protocol error") {
  Neg neg;
  CHECK(neg.receive("MaxBurstLength", "65536") == 0);
  CHECK(neg.receive("MaxBurstLength", "65536") == -EPROTO);
  CHECK(neg.receive("MaxRecvDataSegmentLength", "8192") == 0);
  CHECK(neg.receive("MaxRecvDataSegmentLength", "8192") == -EPROTO);
  CHECK(neg.receive("InitiatorName", "iqn.2001-04.com.example") == 0);
  CHECK(neg.receive("InitiatorName", "iqn.2001-04.com.example") == -EPROTO);
  CHECK(neg.receive("HeaderDigest", "X") == 0);
  CHECK(neg.receive("HeaderDigest", "None") == -EPROTO);
}

TEST_CASE("Declarations get no answer") {
  Neg neg;
  CHECK(neg.ask("MaxRecvDataSegmentLength", "65536") == "");
  CHECK(neg.ask("InitiatorAlias", "host") == "");
  CHECK(neg.ask("TargetName", "iqn.2001-04.com.example") == "");
  CHECK(neg.n.value[SL_KEY_MAX_RECV_DSL] == 65536);
}

TEST_CASE("A declaration that cannot be understood is an error") {
  for (const char* bad : {"", "511", "16777216", "x", "8192 "}) {
    Neg neg;
    CHECK(neg.receive("MaxRecvDataSegmentLength", bad) == -EINVAL);
    CHECK(neg.n.value[SL_KEY_MAX_RECV_DSL] == 8192);
  }
}

TEST_CASE("Values are bounded by 255 bytes and names by 223") {
  Neg neg;
  CHECK(neg.receive("InitiatorAlias", std::string(255, 'a').c_str()) == 0);
  CHECK(neg.receive("InitiatorName", std::string(224, 'a').c_str()) == -EINVAL);
  CHECK(neg.receive("MaxConnections", std::string(256, '1').c_str()) == -EINVAL);
  const std::string word(255, 'w');
  CHECK(neg.ask("DataDigest", (word + "," + word + ",None").c_str()) == "DataDigest=None;");
  CHECK(neg.receive("HeaderDigest", (word + "w,None").c_str()) == -EINVAL);
}

TEST_CASE("Keys belong to their stage of the login") {
  Neg neg;
  CHECK(neg.receive("AuthMethod", "None") == -EPROTO);
  CHECK(neg.receive("SendTargets", "All") == -EPROTO);
  neg.n.stage = SL_STAGE_SECURITY;
  CHECK(neg.ask("AuthMethod", "CHAP,None") == "AuthMethod=None;");
  CHECK(neg.receive("MaxBurstLength", "65536") == -EPROTO);
  CHECK(neg.receive("MaxRecvDataSegmentLength", "65536") == -EPROTO);
  CHECK(neg.ask("SessionType", "Normal") == "");
}

TEST_CASE("An AuthMethod list without None is rejected while CHAP is not offered") {
  Neg neg;
  neg.n.stage = SL_STAGE_SECURITY;
  CHECK(neg.ask("AuthMethod", "CHAP") == "AuthMethod=Reject;");
}

TEST_CASE("In full feature phase only its keys count and may come again") {
  Neg neg;
  neg.n.stage = SL_STAGE_FULL_FEATURE;
  CHECK(neg.ask("SendTargets", "All") == "");
  CHECK(neg.ask("MaxRecvDataSegmentLength", "4096") == "");
  CHECK(neg.ask("MaxRecvDataSegmentLength", "1024") == "");
  CHECK(neg.n.value[SL_KEY_MAX_RECV_DSL] == 1024);
  CHECK(neg.ask("MaxBurstLength", "65536") == "MaxBurstLength=Reject;");
}

TEST_CASE("Keys of the target are not for the initiator to send") {
  for (const char* key : {"TargetAlias", "TargetAddress", "TargetPortalGroupTag"}) {
    Neg neg;
    CHECK(neg.receive(key, "1") == -EPROTO);
    CHECK(neg.ask(key, "NotUnderstood") == "");
  }
}

TEST_CASE("The constants of answers are no offers") {
  for (const char* word : {"Reject", "Irrelevant", "NotUnderstood"}) {
    Neg neg;
    CHECK(neg.receive("MaxBurstLength", word) == -EPROTO);
    CHECK(neg.receive("HeaderDigest", word) == -EPROTO);
    CHECK(neg.ask("X-unknown", word) == "");
  }
}

TEST_CASE("Keys of normal sessions are irrelevant in a discovery session") {
  for (const char* key : {"MaxConnections", "InitialR2T", "ImmediateData", "MaxBurstLength",
                          "FirstBurstLength", "MaxOutstandingR2T", "DataPDUInOrder",
                          "DataSequenceInOrder", "TaskReporting", "iSCSIProtocolLevel"}) {
    Neg neg;
    neg.n.discovery = true;
    CHECK(neg.ask(key, "1") == std::string(key) + "=Irrelevant;");
  }
  Neg neg;
  neg.n.discovery = true;
  CHECK(neg.ask("ErrorRecoveryLevel", "0") == "ErrorRecoveryLevel=0;");
  CHECK(neg.ask("DefaultTime2Wait", "2") == "DefaultTime2Wait=2;");
}

TEST_CASE("FirstBurstLength is irrelevant without unsolicited data") {
  Neg neg;
  CHECK(neg.ask("ImmediateData", "No") == "ImmediateData=No;");
  CHECK(neg.ask("InitialR2T", "Yes") == "InitialR2T=Yes;");
  CHECK(neg.ask("FirstBurstLength", "65536") == "FirstBurstLength=Irrelevant;");
}

TEST_CASE("FirstBurstLength never exceeds MaxBurstLength") {
  Neg neg;
  neg.receive("MaxBurstLength", "8192");
  CHECK(sl_neg_first_burst(&neg.n) == 8192);
  neg.receive("FirstBurstLength", "4096");
  CHECK(sl_neg_first_burst(&neg.n) == 4096);
}

TEST_CASE("Our MaxRecvDataSegmentLength counts once it was declared") {
  Neg neg;
  neg.n.offer[SL_KEY_MAX_RECV_DSL] = 1048576;
  CHECK(sl_neg_recv_dsl(&neg.n) == 8192);
  CHECK(sl_neg_declare(&neg.n, &neg.out) == 0);
  CHECK(neg.answers() == "MaxRecvDataSegmentLength=1048576;");
  CHECK(sl_neg_recv_dsl(&neg.n) == 1048576);
  CHECK(sl_neg_declare(&neg.n, &neg.out) == 0);
  CHECK(neg.answers() == "");
}

TEST_CASE("Nothing is offered when the defaults suit the target") {
  Neg neg;
  CHECK(sl_neg_offer_missing(&neg.n, &neg.out) == 0);
  CHECK(neg.answers() == "");
}

TEST_CASE("Keys with an unacceptable default are offered and awaited") {
  Neg neg;
  neg.n.offer[SL_KEY_MAX_BURST] = 65536;
  neg.n.offer[SL_KEY_HEADER_DIGEST] = SL_DIGEST_CRC32C;
  CHECK(sl_neg_offer_missing(&neg.n, &neg.out) == 2);
  CHECK(neg.answers() == "HeaderDigest=CRC32C;MaxBurstLength=65536;");
  CHECK(sl_neg_offer_missing(&neg.n, &neg.out) == 2);
  CHECK(neg.answers() == "");
  CHECK(neg.ask("MaxBurstLength", "32768") == "");
  CHECK(neg.n.value[SL_KEY_MAX_BURST] == 32768);
  CHECK(neg.ask("HeaderDigest", "CRC32C") == "");
  CHECK(sl_neg_offer_missing(&neg.n, &neg.out) == 0);
  CHECK(neg.receive("MaxBurstLength", "32768") == -EPROTO);
}

TEST_CASE("A default that the target cannot take is never agreed on") {
  Neg neg;
  neg.n.offer[SL_KEY_DATA_DIGEST] = SL_DIGEST_CRC32C;
  CHECK(neg.ask("DataDigest", "None") == "DataDigest=Reject;");
  CHECK(sl_neg_offer_missing(&neg.n, &neg.out) == -EPROTO);
  Neg burst;
  burst.n.offer[SL_KEY_MAX_BURST] = 65536;
  CHECK(burst.ask("MaxBurstLength", "0") == "MaxBurstLength=Reject;");
  CHECK(sl_neg_offer_missing(&burst.n, &burst.out) == -EPROTO);
}

TEST_CASE("An answer that is none to our offer ends the login") {
  for (const char* answer : {"None", "Reject", "NotUnderstood", ""}) {
    Neg neg;
    neg.n.offer[SL_KEY_HEADER_DIGEST] = SL_DIGEST_CRC32C;
    REQUIRE(sl_neg_offer_missing(&neg.n, &neg.out) == 1);
    CHECK(neg.receive("HeaderDigest", answer) == -EPROTO);
  }
}

TEST_CASE("An answer without room is reported") {
  Neg neg;
  neg.out.cap = 10;
  CHECK(neg.receive("X-unknown", "1") == -ENOSPC);
  CHECK(neg.receive("MaxBurstLength", "65536") == -ENOSPC);
  CHECK(neg.out.len == 0);
}
