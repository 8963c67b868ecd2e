// SPDX-License-Identifier: GPL-2.0-only
#include "sandbox.hh"

#include "uapi/iscsi_scst.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <grp.h>
#include <initializer_list>
#include <memory>
#include <pwd.h>
#include <seccomp.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace scstd {

namespace {

std::optional<unsigned> number(const std::string& text) {
  unsigned n = 0;
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (err != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

std::string failed(const char* what) {
  return fmt::format("cannot {}: {}", what, strerror(errno));
}

std::string change_ids(const Ids& ids) {
  if ((ids.uid || ids.gid) && setgroups(0, nullptr))
    return failed("give up supplementary groups");
  if (ids.gid && setresgid(*ids.gid, *ids.gid, *ids.gid))
    return failed("change the group (-g)");
  if (ids.uid && setresuid(*ids.uid, *ids.uid, *ids.uid))
    return failed("change the user (-u)");
  return {};
}

/// The bounding set needs CAP_SETPCAP, which is gone with the user id: first.
std::string drop_bounding_set() {
  for (int cap = 0; cap_get_bound(static_cast<cap_value_t>(cap)) >= 0; cap++)
    if (cap_drop_bound(static_cast<cap_value_t>(cap)) && errno != EPERM)
      return failed("empty the capability bounding set");
  return {};
}

std::string drop_capabilities() {
  std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> none(cap_init(), cap_free);
  if (!none || cap_set_proc(none.get()) || cap_reset_ambient())
    return failed("give up capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return failed("forswear new privileges");
  return {};
}

/// The event loop, memory, the clock, the end; syslog and sd_notify.
constexpr int kCalls[] = {
    SCMP_SYS(accept4),
    SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(close),
    SCMP_SYS(connect),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fstat),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getuid),
    SCMP_SYS(lseek),
    SCMP_SYS(madvise),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(newfstatat),
    SCMP_SYS(read),
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(send),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(time),
    SCMP_SYS(unlink),
    SCMP_SYS(write),
    SCMP_SYS(writev),
};

/// ioctl requests of the control device that are needed after set-up.
constexpr unsigned long kIoctls[] = {
    ISCSI_SCST_LIST_TARGETS, ISCSI_SCST_GET_TARGET,  ISCSI_SCST_ADD_CONN,    ISCSI_SCST_START_CONN,
    ISCSI_SCST_DROP_CONN,    ISCSI_SCST_GET_ACCOUNT, ISCSI_SCST_GET_SESSION, ISCSI_SCST_GET_ISNS};

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

int allow(scmp_filter_ctx ctx, int call, std::initializer_list<scmp_arg_cmp> when = {}) {
  return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, static_cast<unsigned>(when.size()),
                                when.begin());
}

int add_rules(scmp_filter_ctx ctx, int kernel_fd, const std::vector<int>& may_listen) {
  const scmp_arg_cmp not_executable = {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  int err = 0;
  for (int call : kCalls)
    err = err ? err : allow(ctx, call);
  for (unsigned long request : kIoctls)
    err = err ? err
              : allow(ctx, SCMP_SYS(ioctl),
                      {equals(0, static_cast<scmp_datum_t>(kernel_fd)), equals(1, request)});
  for (int fd : may_listen)
    err = err ? err : allow(ctx, SCMP_SYS(listen), {equals(0, static_cast<scmp_datum_t>(fd))});
  // Local sockets only, for syslog and sd_notify; memory, but none to run code from.
  err = err ? err : allow(ctx, SCMP_SYS(socket), {equals(0, AF_UNIX)});
  for (int call : {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)})
    err = err ? err : allow(ctx, call, {not_executable});
  return err;
}

/// EPERM, not a kill: a call that was forgotten here costs one login, not the
/// service, and what an intruder could gain is refused all the same.
std::string filter_calls(int kernel_fd, const std::vector<int>& may_listen) {
  std::unique_ptr<void, void (*)(void*)> ctx(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                             [](void* c) { seccomp_release(c); });
  if (!ctx)
    return "cannot make a system call filter: out of memory";
  int err = seccomp_attr_set(ctx.get(), SCMP_FLTATR_CTL_LOG, 1);
  if (err == -EOPNOTSUPP) // kernel before 4.14: filter without a log
    err = 0;
  err = err ? err : add_rules(ctx.get(), kernel_fd, may_listen);
  err = err ? err : seccomp_load(ctx.get());
  return err ? fmt::format("cannot install the system call filter: {}", strerror(-err))
             : std::string();
}

} // namespace

Ids find_ids(const std::string& user, const std::string& group) {
  Ids ids;
  if (!user.empty()) {
    const passwd* entry = getpwnam(user.c_str());
    ids.uid = entry ? std::optional<uid_t>(entry->pw_uid) : number(user);
    if (entry)
      ids.gid = entry->pw_gid;
    if (!ids.uid)
      ids.error = fmt::format("-u: there is no user \"{}\"", user);
  }
  if (!group.empty()) {
    const struct group* entry = getgrnam(group.c_str());
    ids.gid = entry ? std::optional<gid_t>(entry->gr_gid) : number(group);
    if (!ids.gid)
      ids.error = fmt::format("-g: there is no group \"{}\"", group);
  }
  return ids;
}

std::string confine(const Ids& ids, int kernel_fd, const std::vector<int>& may_listen) {
  std::string error = drop_bounding_set();
  if (error.empty())
    error = change_ids(ids);
  if (error.empty())
    error = drop_capabilities();
  if (error.empty())
    error = filter_calls(kernel_fd, may_listen);
  return error;
}

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit))
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace scstd
