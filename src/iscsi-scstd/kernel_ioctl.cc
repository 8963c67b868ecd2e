// SPDX-License-Identifier: GPL-2.0-only
// The real kernel side: ioctls on the control device. No decision is made here.
#include "exit_code.hh"
#include "kernel.hh"
#include "unique_fd.hh"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

namespace scstd {

namespace {

/// A list of names may grow between two calls, but not beyond all reason.
constexpr std::uint32_t kMaxList = 64u * 1024 * 1024;

class IoctlKernel final : public Kernel {
public:
  explicit IoctlKernel(UniqueFd fd) : fd_(std::move(fd)) {}

  int event_fd() const override { return fd_.get(); }

  int read_status(iscsi_scst_status& status) override {
    ssize_t n = read(fd_.get(), &status, sizeof(status));
    if (n < 0)
      return errno;
    return n == sizeof(status) ? 0 : EPROTO;
  }

  int list_targets(const std::string& initiator, const std::string& portal,
                   std::vector<std::string>& names) override {
    iscsi_scst_list list{};
    if (!copy_text(list.initiator, initiator) || !copy_text(list.portal, portal))
      return ENAMETOOLONG;
    std::string buf(64ul * 1024, '\0');
    for (;;) {
      list.buf = reinterpret_cast<std::uintptr_t>(buf.data());
      list.len = static_cast<std::uint32_t>(buf.size());
      if (int err = call(ISCSI_SCST_LIST_TARGETS, &list))
        return err;
      if (list.needed <= list.len)
        break;
      if (list.needed > kMaxList)
        return E2BIG;
      buf.resize(list.needed);
    }
    if (list.needed && !buf[0])
      return E2BIG; // more than the kernel copies at all
    names.clear();
    for (std::size_t at = 0; at < list.needed; at += names.back().size() + 1)
      names.emplace_back(buf.c_str() + at);
    return 0;
  }

  int get_target(iscsi_scst_target& target) override {
    return call(ISCSI_SCST_GET_TARGET, &target);
  }
  int get_account(iscsi_scst_account& account) override {
    return call(ISCSI_SCST_GET_ACCOUNT, &account);
  }
  int get_session(iscsi_scst_session& session) override {
    return call(ISCSI_SCST_GET_SESSION, &session);
  }
  int get_isns(iscsi_scst_isns& isns) override { return call(ISCSI_SCST_GET_ISNS, &isns); }
  int add_conn(iscsi_scst_conn& conn) override { return call(ISCSI_SCST_ADD_CONN, &conn); }
  int start_conn(std::uint32_t handle) override { return call(ISCSI_SCST_START_CONN, &handle); }
  int drop_conn(std::uint32_t handle) override { return call(ISCSI_SCST_DROP_CONN, &handle); }

  int register_daemon() {
    iscsi_scst_register reg{ISCSI_SCST_ABI, 0};
    return call(ISCSI_SCST_REGISTER, &reg);
  }

private:
  int call(unsigned long request, void* arg) {
    return ioctl(fd_.get(), request, arg) < 0 ? errno : 0;
  }

  UniqueFd fd_;
};

KernelOpen refused(ExitCode code, std::string error) {
  return {nullptr, static_cast<int>(code), std::move(error)};
}

KernelOpen open_failed(const std::string& device, int err) {
  switch (err) {
  case ENOENT:
  case ENODEV:
  case ENXIO:
    return refused(ExitCode::NoKernel,
                   fmt::format("{} is not there: the kernel module iscsi_scst is not loaded; load "
                               "it with \"modprobe iscsi_scst\"",
                               device));
  case EBUSY:
    return refused(
        ExitCode::Running,
        fmt::format("{} is in use: another iscsi-scstd is running; stop it first", device));
  case EACCES:
  case EPERM:
    return refused(ExitCode::Failed,
                   fmt::format("{} may be opened by root only (CAP_SYS_ADMIN); start iscsi-scstd "
                               "as root, it gives its privileges up by itself",
                               device));
  default:
    return refused(ExitCode::Failed, fmt::format("cannot open {}: {}", device, strerror(err)));
  }
}

} // namespace

KernelOpen open_kernel(const std::string& device) {
  UniqueFd fd(open(device.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd)
    return open_failed(device, errno);
  auto kernel = std::make_unique<IoctlKernel>(std::move(fd));
  int err = kernel->register_daemon();
  if (err == EPROTO)
    return refused(ExitCode::NoKernel,
                   fmt::format("the loaded iscsi_scst module speaks another interface version than "
                               "this iscsi-scstd ({}): install both from one release and reload "
                               "the module",
                               ISCSI_SCST_ABI));
  if (err)
    return open_failed(device, err);
  return {std::move(kernel), 0, {}};
}

} // namespace scstd
