// SPDX-License-Identifier: GPL-2.0-only
#include "options.hh"

#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <getopt.h>

namespace scstd {

const char* const kHelp =
    R"(Usage: iscsi-scstd [options]
Login daemon of the SCST iSCSI target. It needs the kernel module iscsi_scst.

  -f, --foreground     do not become a background process; messages go to stderr
  -d, --debug=N        0: notices and errors (default), 1: every login, 2: all
  -a, --address=ADDR   listen on this address only; may be repeated
  -p, --port=PORT      listen on this port (default 3260)
  -A, --announce=ADDR[:PORT]
                       say this address in discovery, for a target behind address
                       translation; default: the one that the initiator came to
  -u, --uid=USER       run as this user after set-up (name or number; 0: stay)
  -g, --gid=GROUP      run as this group after set-up (name or number; 0: stay)
  -v, --version        print the version
  -h, --help           print this text
)";

namespace {

template <typename T> bool to_number(const char* text, T& out, T min) {
  auto [end, err] = std::from_chars(text, text + strlen(text), out);
  return err == std::errc{} && *end == '\0' && out >= min;
}

const option kLong[] = {
    {"foreground", no_argument, nullptr, 'f'},     {"debug", required_argument, nullptr, 'd'},
    {"uid", required_argument, nullptr, 'u'},      {"gid", required_argument, nullptr, 'g'},
    {"address", required_argument, nullptr, 'a'},  {"port", required_argument, nullptr, 'p'},
    {"announce", required_argument, nullptr, 'A'}, {"version", no_argument, nullptr, 'v'},
    {"help", no_argument, nullptr, 'h'},           {nullptr, 0, nullptr, 0}};

std::string id_or_stay(const char* text) {
  return strcmp(text, "0") ? text : "";
}

/// False: the value is wrong, `o.error` says how.
bool take(Options& o, int letter, const char* value) {
  switch (letter) {
  case 'f':
    o.foreground = true;
    return true;
  case 'v':
    o.version = true;
    return true;
  case 'h':
    o.help = true;
    return true;
  case 'u':
    o.user = id_or_stay(value);
    return true;
  case 'g':
    o.group = id_or_stay(value);
    return true;
  case 'a':
    o.addresses.emplace_back(value);
    return true;
  case 'd':
    if (to_number(value, o.debug, 0))
      return true;
    o.error = fmt::format("-d: \"{}\" is no debug level, give a number from 0", value);
    return false;
  case 'A':
    o.announced = parse_address(value, 3260);
    if (!o.announced.host.empty())
      return true;
    o.error = fmt::format("-A: \"{}\" is no address, give ADDR or ADDR:PORT in numbers, IPv6 with "
                          "a port as [ADDR]:PORT",
                          value);
    return false;
  case 'p':
    if (to_number<std::uint16_t>(value, o.port, 1))
      return true;
    o.error = fmt::format("-p: \"{}\" is no port, give a number from 1 to 65535", value);
    return false;
  default:
    o.error = "unknown option or missing value";
    return false;
  }
}

} // namespace

Options parse_options(int argc, char** argv) {
  Options o;
  optind = 0; // glibc: start anew, so that tests can parse more than one command line
  opterr = 0;
  int letter;
  while ((letter = getopt_long(argc, argv, "fd:u:g:a:p:A:vh", kLong, nullptr)) != -1)
    if (!take(o, letter, optarg)) {
      if (letter == '?' && optind > 0 && optind <= argc)
        o.error = fmt::format("{}: {}", argv[optind - 1], o.error);
      return o;
    }
  if (optind < argc)
    o.error = fmt::format("\"{}\" is no option", argv[optind]);
  return o;
}

} // namespace scstd
