// SPDX-License-Identifier: GPL-2.0-only
// Before and within login (RFC 7143 6, 11.12, 11.13, 13).
#include "verdict.hh"

#include <fmt/format.h>

namespace hostile {

namespace {

// Byte 1 of a login request: T, C, CSG, NSG.
constexpr std::uint8_t kTransit = 0x80;
constexpr std::uint8_t kContinue = 0x40;
constexpr std::uint8_t kOperational = 0x04; ///< current stage
constexpr std::uint8_t kToFull = 0x87;      ///< from the operational stage to full feature phase
constexpr std::uint8_t kFirst = kOperational;

const auto kNever = [](const Pdu&) { return false; };
const auto kLoginAnswer = [](const Pdu& p) { return p.opcode() == kLoginResponse; };

/// Sends all of it and keeps what comes until the target has had enough.
Outcome send_and_look(const World& world, const std::vector<Bytes>& parts) {
  Connection connection(world.portal);
  for (const Bytes& part : parts)
    if (!connection.send(part))
      break;
  return observe(connection, kNever);
}

/// One request after the other as they are answered; the answers, then the end if one refuses.
Outcome converse(const World& world, const std::vector<Pdu>& requests) {
  Connection connection(world.portal);
  Outcome all;
  for (const Pdu& request : requests) {
    if (!connection.send(request))
      break;
    Pdu answer;
    if (connection.receive(answer, std::chrono::seconds(40)) != Connection::Event::kPdu) {
      all.closed = true;
      return all;
    }
    all.pdus.push_back(answer);
    if (answer.opcode() != kLoginResponse || answer.head[36])
      break;
  }
  const Pdu& last = all.pdus.back();
  if (last.opcode() == kLoginResponse && !last.head[36]) {
    all.alive = true;
    return all;
  }
  Pdu more;
  all.closed = connection.receive(more, std::chrono::seconds(40)) == Connection::Event::kClosed;
  return all;
}

void before_login(Cases& cases) {
  for (int opcode = 0; opcode < 0x40; opcode++) {
    if (opcode == kLogin)
      continue;
    cases.push_back({fmt::format("before login: opcode {:02x}", opcode),
                     [opcode](const World& w) {
                       Pdu pdu(static_cast<std::uint8_t>(opcode | kImmediate), 0x80);
                       return send_and_look(w, {pdu.itt(1).raw()});
                     },
                     {closed()}});
  }
  const auto raw = [&](const std::string& name, const Bytes& bytes) {
    cases.push_back({"before login: " + name,
                     [bytes](const World& w) { return send_and_look(w, {bytes}); },
                     {closed(), refused(2)}});
  };
  raw("4 KiB of zeros with an opcode of nobody", Bytes(4096, 0x3e));
  raw("4 KiB of ones", Bytes(4096, 0xff));
  raw("an HTTP request", Pdu().with(std::string("GET / HTTP/1.1\r\n\r\n")).data);
  raw("16 MiB announced, 64 KiB sent", [] {
    Bytes all = login_request(kToFull, {}).claim(0xffffff).raw();
    all.resize(65536);
    return all;
  }());
  raw("an additional header of 1020 bytes",
      login_request(kToFull, {"InitiatorName=iqn.2026-11.a"}).with_ahs(Bytes(1020)).raw());
}

void within_login(Cases& cases) {
  for (int opcode = 0; opcode < 0x40; opcode++) {
    if (opcode == kLogin)
      continue;
    // RFC 7143 6.3: refused with "invalid during login", then the end.
    cases.push_back({fmt::format("within login: opcode {:02x}", opcode),
                     [opcode](const World& w) {
                       Pdu pdu(static_cast<std::uint8_t>(opcode | kImmediate), 0x80);
                       return converse(w, {login_request(kFirst, login_keys(w)), pdu.itt(1)});
                     },
                     {refused(2, {0x0b})}});
  }
}

/// A login whose first request is changed like this.
void changed(Cases& cases, const std::string& name, const std::function<void(Pdu&)>& change,
             Endings allowed, std::uint8_t flags = kToFull) {
  cases.push_back({"login: " + name,
                   [=](const World& w) {
                     Pdu request = login_request(flags, login_keys(w));
                     change(request);
                     return converse(w, {request});
                   },
                   std::move(allowed)});
}

void headers(Cases& cases) {
  const Endings no = {refused(2), closed()};
  for (int stages = 0; stages < 16; stages++) {
    const int csg = stages >> 2;
    const int nsg = stages & 3;
    // Security or operational stage; what follows is a later one, and there is no stage 2.
    if (csg < 2 && nsg > csg && nsg != 2)
      continue;
    changed(
        cases, fmt::format("from stage {} to {}", csg, nsg), [](Pdu&) {}, no,
        static_cast<std::uint8_t>(kTransit | stages));
  }
  changed(
      cases, "transit and continue at once", [](Pdu&) {}, no, kToFull | kContinue);
  changed(cases, "a version that nobody has", [](Pdu& p) { p.head[2] = p.head[3] = 9; },
          {refused(2, {0x05})});
  changed(cases, "a session that does not exist", [](Pdu& p) { p.put(14, 0x7ffe, 2); },
          {refused(2, {0x0a})});
  changed(
      cases, "a data segment shorter than the text",
      [](Pdu& p) { p.claim(static_cast<std::uint32_t>(p.data.size() - 3)); }, no);
  changed(cases, "no text at all", [](Pdu& p) { p.with(Bytes{}); }, {refused(2, {0x07})});
  const auto second = [&](const std::string& name, const std::function<void(Pdu&)>& change) {
    cases.push_back({"login: the second request " + name,
                     [=](const World& w) {
                       const Pdu first = login_request(kFirst, login_keys(w));
                       Pdu next = first;
                       next.head[1] = kToFull;
                       next.with(Bytes{});
                       change(next);
                       return converse(w, {first, next});
                     },
                     no});
  };
  second("has another task tag", [](Pdu& p) { p.itt(2); });
  second("has another CID", [](Pdu& p) { p.put(20, 9, 2); });
  second("has another ISID", [](Pdu& p) { p.put(9, 0x12345678, 4); });
  second("has another TSIH", [](Pdu& p) { p.put(14, 77, 2); });
  second("goes back to the security stage", [](Pdu& p) { p.head[1] = 0x81; });
}

/// Text in place of, or behind, that of a good login.
void text(Cases& cases, const std::string& name, const std::string& raw, bool instead,
          Endings allowed) {
  cases.push_back({"login text: " + name,
                   [=](const World& w) {
                     const std::string good = instead ? "" : text_of(login_keys(w));
                     return converse(w, {login_request(kFirst, {}).with(good + raw)});
                   },
                   std::move(allowed)});
}

void texts(Cases& cases) {
  const Endings no = {refused(2), closed()};
  const std::string nul(1, '\0');
  const auto behind = [&](const std::string& name, const std::string& raw) {
    text(cases, name, raw, false, no);
  };
  behind("a pair without '='", "Maybe" + nul);
  behind("a pair without a key", "=value" + nul);
  behind("a key of 64 bytes", std::string(64, 'K') + "=1" + nul);
  behind("a key of 4000 bytes", std::string(4000, 'K') + "=1" + nul);
  behind("a key with a blank", "Header Digest=None" + nul);
  behind("a key of control characters", "\x01\x02\x03=1" + nul);
  behind("a key beyond ASCII", "H\xc3\xa4sh=1" + nul);
  behind("a value without an end", "MaxBurstLength=262144");
  behind("a key twice", "MaxBurstLength=262144" + nul + "MaxBurstLength=262144" + nul);
  behind("the initiator's name twice", "InitiatorName=iqn.2026-11.org.example:other" + nul);
  behind("a key twice, with other letters", "ImmediateData=Yes" + nul + "ImmediateData=No" + nul);
  behind("a thousand pairs of one key", [&] {
    std::string all;
    for (int i = 0; i < 300; i++)
      all += "MaxBurstLength=512" + nul;
    return all;
  }());
  // RFC 7143 6.2: what nobody knows is answered so, and the login goes on.
  text(cases, "a key that nobody knows", "X-org.example.colour=blue" + nul, false,
       {says("X-org.example.colour=NotUnderstood")});
  text(cases, "a standard key that is none", "MaxColours=7" + nul, false,
       {says("MaxColours=NotUnderstood"), refused(2)});
  text(cases, "a hundred keys that nobody knows",
       [&] {
         std::string all;
         for (int i = 0; i < 100; i++)
           all += fmt::format("X-org.example.k{}=1", i) + nul;
         return all;
       }(),
       false, {says("X-org.example.k99=NotUnderstood"), refused(2)});
  const std::string name = "InitiatorName=iqn.2026-11.org.example:hostile" + nul;
  const auto alone = [&](const std::string& what, const std::string& raw, Endings allowed) {
    text(cases, what, raw, true, std::move(allowed));
  };
  alone("nothing but NULs", std::string(64, '\0'), no);
  alone(
      "8 KiB of noise",
      [] {
        std::string noise;
        std::uint32_t x = 7;
        for (int i = 0; i < 8000; i++)
          noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
        return noise;
      }(),
      no);
  alone("no initiator's name", "SessionType=Discovery" + nul, {refused(2, {0x07})});
  alone("no target's name", name + "SessionType=Normal" + nul, {refused(2, {0x07})});
  alone("a target that nobody is",
        name + "SessionType=Normal" + nul + "TargetName=iqn.2026-11.org.example:nobody" + nul,
        {refused(2, {0x03})});
  for (const char* bad : {"", "joe", "iqn.", "iqn.2026-13.org.example", "iqn.2026-11.", "eui.12",
                          "naa.zz", "iqn.2026-11.org.example:a b", "iqn.2026-11.org.example:\t"})
    alone(fmt::format("the initiator's name is '{}'", bad),
          text_of({fmt::format("InitiatorName={}", bad), "SessionType=Discovery"}), no);
  alone("the initiator's name has 224 bytes",
        "InitiatorName=iqn.2026-11.org.example:" + std::string(224 - 24, 'a') + nul +
            "SessionType=Discovery" + nul,
        no);
  alone("a session of another kind", name + "SessionType=Holiday" + nul, no);
  alone("a session of no kind", name + "SessionType=" + nul, no);
}

/// Values out of the range of a key (RFC 7143 13): refused, or answered by Reject.
void values(Cases& cases) {
  const auto bad = [&](const std::string& key, const std::string& value) {
    text(cases, key + "=" + value.substr(0, 40), key + "=" + value + std::string(1, '\0'), false,
         {says(key + "=Reject"), refused(2), closed()});
  };
  for (const char* key : {"MaxBurstLength", "FirstBurstLength", "MaxRecvDataSegmentLength"})
    for (const char* value : {"0", "511", "16777216", "-1", "many", "", "0x", "4294967808",
                              "18446744073709551616", "512~1024", "1 000"})
      bad(key, value);
  for (const char* key : {"MaxConnections", "MaxOutstandingR2T"})
    for (const char* value : {"0", "65536", "-1", "0x10000", "4294967297", "one"})
      bad(key, value);
  for (const char* value : {"3", "-1", "zero", "256"})
    bad("ErrorRecoveryLevel", value);
  for (const char* key : {"DefaultTime2Wait", "DefaultTime2Retain"})
    for (const char* value : {"3601", "-1", "soon"})
      bad(key, value);
  for (const char* key : {"InitialR2T", "ImmediateData", "DataPDUInOrder", "DataSequenceInOrder"})
    for (const char* value : {"Maybe", "yes", "1", "", "Yes,No"})
      bad(key, value);
  for (const char* key : {"HeaderDigest", "DataDigest"})
    for (const char* value : {"MD5", "", "crc32c", ",", "SHA-1,MD5"})
      bad(key, value);
  bad("AuthMethod", "Trust");
  // What only the target declares, or only full feature phase has.
  bad("TargetPortalGroupTag", "1");
  bad("TargetAddress", "192.0.2.1");
  bad("SendTargets", "All");
}

void loops(Cases& cases) {
  // Ends within so many requests, or it never does.
  const auto loop = [&](const std::string& name, std::uint8_t flags, const std::string& raw) {
    cases.push_back({"login: " + name,
                     [=](const World& w) {
                       Connection connection(w.portal);
                       Outcome all;
                       connection.send(login_request(kFirst, login_keys(w)));
                       all = observe(connection, kLoginAnswer);
                       for (int i = 0; i < 2000 && !all.closed; i++) {
                         all.alive = false;
                         connection.send(login_request(flags, {}).with(raw));
                         const Outcome next = observe(connection, [](const Pdu& p) {
                           return p.opcode() == kLoginResponse && !p.head[36];
                         });
                         all.closed = next.closed;
                         all.pdus = next.pdus;
                         if (!next.alive)
                           break;
                       }
                       return all;
                     },
                     {refused(2), refused(3), closed()}});
  };
  loop("requests that ask for nothing, without end", kFirst, "");
  loop("text that goes on and on", kOperational | kContinue, std::string(4000, 'a'));
  loop("one new key after the other", kFirst, text_of({"X-org.example.more=1"}));
  loop("a value that is changed again and again", kFirst, text_of({"MaxBurstLength=8192"}));
}

void chap(Cases& cases) {
  const Endings no = {refused(2), closed()};
  const auto with = [&](const std::string& name, std::uint8_t flags,
                        const std::vector<std::vector<std::string>>& steps, Endings allowed) {
    cases.push_back({"CHAP: " + name,
                     [=](const World& w) {
                       World there = w;
                       there.target = w.chap_target;
                       std::vector<Pdu> requests;
                       for (const std::vector<std::string>& step : steps) {
                         std::vector<std::string> keys;
                         if (requests.empty())
                           keys = login_keys(there);
                         keys.insert(keys.end(), step.begin(), step.end());
                         Pdu next = login_request(flags, keys);
                         if (!requests.empty())
                           std::copy_n(requests[0].head.begin() + 8, 6, next.head.begin() + 8);
                         requests.push_back(next);
                       }
                       return converse(w, requests);
                     },
                     std::move(allowed)});
  };
  const std::uint8_t stay = 0x00;
  const std::uint8_t go = 0x81;
  with("left out", kToFull, {{}}, {refused(2, {0x01})});
  with("none wanted", go, {{"AuthMethod=None"}}, no);
  with("a method that there is not", stay, {{"AuthMethod=SRP"}}, no);
  with("an algorithm that there is not", stay, {{"AuthMethod=CHAP"}, {"CHAP_A=99"}}, no);
  with("no algorithm", stay, {{"AuthMethod=CHAP"}, {"CHAP_A="}}, no);
  with("a name before there is a challenge", stay,
       {{"AuthMethod=CHAP"}, {"CHAP_N=joe", "CHAP_R=0x00112233445566778899aabbccddeeff"}}, no);
  with("straight to the end", go, {{"AuthMethod=CHAP"}, {}}, {refused(2), closed(), held()});
  const std::vector<std::string> algorithm = {"CHAP_A=5"};
  const auto answer = [&](const std::string& name, const std::vector<std::string>& keys) {
    with(name, stay, {{"AuthMethod=CHAP"}, algorithm, keys}, no);
  };
  answer("a wrong answer", {"CHAP_N=joe", "CHAP_R=0x00112233445566778899aabbccddeeff"});
  answer("an answer without a name", {"CHAP_R=0x00112233445566778899aabbccddeeff"});
  answer("a name without an answer", {"CHAP_N=joe"});
  answer("nothing", {});
  answer("an answer of half bytes", {"CHAP_N=joe", "CHAP_R=0x001"});
  answer("an answer of one byte", {"CHAP_N=joe", "CHAP_R=0x00"});
  answer("an answer of 2000 bytes", {"CHAP_N=joe", "CHAP_R=0x" + std::string(4000, '0')});
  answer("an answer that is no number", {"CHAP_N=joe", "CHAP_R=joe"});
  answer("a broken base 64", {"CHAP_N=joe", "CHAP_R=0b=+/"});
  answer("a name of 256 bytes",
         {"CHAP_N=" + std::string(256, 'j'), "CHAP_R=0x00112233445566778899aabbccddeeff"});
  answer("an identifier of nine bits", {"CHAP_N=joe", "CHAP_R=0x00112233445566778899aabbccddeeff",
                                        "CHAP_I=256", "CHAP_C=0x0011223344556677"});
  answer("a challenge of 1025 bytes", {"CHAP_N=joe", "CHAP_R=0x00112233445566778899aabbccddeeff",
                                       "CHAP_I=1", "CHAP_C=0x" + std::string(2050, 'a')});
  answer("an account of nobody", {"CHAP_N=nobody", "CHAP_R=0x00112233445566778899aabbccddeeff"});
}

} // namespace

void add_login_cases(Cases& cases) {
  before_login(cases);
  within_login(cases);
  headers(cases);
  texts(cases);
  values(cases);
  loops(cases);
  chap(cases);
}

} // namespace hostile
