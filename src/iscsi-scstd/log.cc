// SPDX-License-Identifier: GPL-2.0-only
#include "log.hh"

#include <cstdlib>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include <vector>

#ifdef HAVE_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

namespace scstd {

namespace {

struct Sink {
  Level threshold = Level::Notice;
  bool syslog = false;
  bool journal = false;
};

Sink sink;

/// Does the journal read standard error? It says which file it reads (systemd.exec(5)).
bool journal_reads_stderr() {
  const char* stream = getenv("JOURNAL_STREAM");
  struct stat st {};
  return stream && fstat(STDERR_FILENO, &st) == 0 &&
         fmt::format("{}:{}", st.st_dev, st.st_ino) == stream;
}

#ifdef HAVE_SYSTEMD
/// With its fields, of which the journal takes as many as there are. False: it is not there.
bool log_to_journal(Level level, std::string_view text, std::initializer_list<Field> about) {
  std::vector<std::string> fields = {fmt::format("MESSAGE={}", text),
                                     fmt::format("PRIORITY={}", static_cast<int>(level)),
                                     "SYSLOG_IDENTIFIER=iscsi-scstd"};
  for (const Field& f : about)
    fields.push_back(fmt::format("{}={}", f.name, f.value));
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (std::string& f : fields)
    parts.push_back({f.data(), f.size()});
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}
#else
bool log_to_journal(Level /*level*/, std::string_view /*text*/,
                    std::initializer_list<Field> /*about*/) {
  return false;
}
#endif

} // namespace

void log_open(int verbosity, bool to_syslog) {
  sink.threshold = verbosity >= 2   ? Level::Debug
                   : verbosity == 1 ? Level::Info
                   : verbosity == 0 ? Level::Notice
                                    : Level::Error;
  sink.journal = journal_reads_stderr();
  sink.syslog = to_syslog;
  if (to_syslog)
    openlog("iscsi-scstd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_line(Level level, std::string_view text, std::initializer_list<Field> about) {
  if (level > sink.threshold)
    return;
  if (sink.journal && about.size() && log_to_journal(level, text, about))
    return;
  if (sink.syslog) {
    syslog(static_cast<int>(level), "%.*s", static_cast<int>(text.size()), text.data());
    return;
  }
  const std::string line = sink.journal ? fmt::format("<{}>{}\n", static_cast<int>(level), text)
                                        : fmt::format("iscsi-scstd: {}\n", text);
  // One write, so that lines stay whole; there is nowhere to report its failure.
  if (write(STDERR_FILENO, line.data(), line.size()) < 0)
    return;
}

std::string printable(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '\\')
      out += static_cast<char>(c);
    else
      out += fmt::format("\\x{:02x}", c);
  }
  return out;
}

} // namespace scstd
