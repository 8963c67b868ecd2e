// SPDX-License-Identifier: GPL-2.0-only
// iscsi-scstd: opens the kernel side, listens, gives its privileges up, serves.
#include "activation.hh"
#include "address.hh"
#include "background.hh"
#include "chap.hh"
#include "exit_code.hh"
#include "isns_access.hh"
#include "isns_client.hh"
#include "isns_network.hh"
#include "kernel.hh"
#include "log.hh"
#include "notify.hh"
#include "options.hh"
#include "sandbox.hh"
#include "server.hh"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <sys/signalfd.h>
#include <sys/utsname.h>

namespace {

using namespace scstd;

int end(ExitCode code) {
  return static_cast<int>(code);
}

int fail(ExitCode code, const std::string& error) {
  log(Level::Error, "{}", error);
  return end(code);
}

/// SIGTERM and SIGINT as a readable file; a peer that is gone is no signal.
UniqueFd stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::string node_name() {
  utsname name{};
  return uname(&name) == 0 ? name.nodename : "";
}

/// Everything that needs privileges, then the loop without any.
int serve(const Options& options, Background& background) {
  const Ids ids = find_ids(options.user, options.group);
  if (!ids.error.empty())
    return fail(ExitCode::Usage, ids.error);
  UniqueFd stop = stop_signals();
  tzset(); // syslog needs the time zone later, when no file can be opened
  raise_file_limit();
  if (std::string error = chap_prepare(); !error.empty())
    return fail(ExitCode::Failed, error);
  KernelOpen opened = open_kernel("/dev/" ISCSI_SCST_CTL_NAME);
  if (!opened.kernel) {
    log(Level::Error, "{}", opened.error);
    return opened.exit_code;
  }
  Listeners listeners = inherited_listeners();
  if (listeners.error.empty() && listeners.sockets.empty())
    listeners = listen_on(options.addresses, options.port);
  if (!listeners.error.empty())
    return fail(ExitCode::Failed, listeners.error);

  isns::Access access;
  isns::Sockets network(listeners.sockets, options.announced);
  isns::Client isns(*opened.kernel, network, access, "scst." + node_name());
  isns::GuardedKernel guarded(*opened.kernel, access);
  Server server(guarded, std::move(listeners.sockets), stop.get(), Limits{}, options.announced,
                &isns);
  if (!background.prepare())
    return fail(ExitCode::Failed, fmt::format("cannot write {}: {}", kPidFile, strerror(errno)));
  if (std::string error = confine(ids, opened.kernel->event_fd(), network.listeners());
      !error.empty())
    return fail(ExitCode::Failed, error);
  background.ready(options.debug);
  notify("READY=1");
  log(Level::Info, "version {} is ready", SCST_VERSION);
  const bool ok = server.run();
  notify("STOPPING=1");
  return end(ok ? ExitCode::Ok : ExitCode::Failed);
}

} // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (!options.error.empty()) {
    fprintf(stderr, "iscsi-scstd: %s\nTry \"iscsi-scstd --help\".\n", options.error.c_str());
    return end(ExitCode::Usage);
  }
  if (options.help || options.version) {
    fputs(options.help ? kHelp : "iscsi-scstd version " SCST_VERSION "\n", stdout);
    return end(ExitCode::Ok);
  }
  Background background;
  if (!options.foreground)
    if (int code; !background.start(code))
      return code; // the parent, once the child is ready or has failed
  log_open(options.debug, false);
  return serve(options, background);
}
