// SPDX-License-Identifier: GPL-2.0-only
// Real: modules (libkmod), disks (libblkid), identity and network.
#include "sys/fd.hh"
#include "sys/iscsi.hh"
#include "sys/real.hh"

#include <arpa/inet.h>
#include <blkid/blkid.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

extern "C" {
#include <libkmod.h>
}

namespace inst::sys {
namespace {

using KmodContext = std::unique_ptr<kmod_ctx, decltype(&kmod_unref)>;
using KmodModule = std::unique_ptr<kmod_module, decltype(&kmod_module_unref)>;

KmodContext kmod() {
  KmodContext context(kmod_new(nullptr, nullptr), kmod_unref);
  if (context)
    kmod_set_log_priority(context.get(), LOG_CRIT); // errors are ours to report
  return context;
}

Error module_error(const std::string& what, const std::string& name, int code) {
  Error error{what, name, std::strerror(code), "Look at the end of the kernel log (dmesg).",
              Exit::service};
  if (code == EKEYREJECTED || code == ENOKEY) {
    error.hint = "Secure Boot takes only signed modules: enrol the key of dkms with "
                 "'mokutil --import /var/lib/dkms/mok.pub', reboot, and run scst-install resume.";
    error.exit = Exit::signing;
  } else if (code == EBUSY || code == EAGAIN) {
    error.hint = "Something still uses the module: log the initiators out, stop iscsi-scstd, "
                 "then run the command again.";
  }
  return error;
}

utsname names() {
  utsname n{};
  ::uname(&n);
  return n;
}

} // namespace

std::vector<std::string> Real::loaded_modules() {
  std::vector<std::string> loaded;
  KmodContext context = kmod();
  kmod_list* list = nullptr;
  if (!context || kmod_module_new_from_loaded(context.get(), &list) < 0)
    return loaded;
  kmod_list* at = nullptr;
  kmod_list_foreach(at, list) {
    KmodModule module(kmod_module_get_module(at), kmod_module_unref);
    loaded.emplace_back(kmod_module_get_name(module.get()));
  }
  kmod_module_unref_list(list);
  return loaded;
}

Result<void> Real::load_module(const std::string& name) {
  KmodContext context = kmod();
  kmod_list* list = nullptr;
  int code = context ? kmod_module_new_from_lookup(context.get(), name.c_str(), &list) : -ENOMEM;
  if (code == 0 && list == nullptr)
    code = -ENOENT;
  kmod_list* at = nullptr;
  kmod_list_foreach(at, list) {
    KmodModule module(kmod_module_get_module(at), kmod_module_unref);
    code = kmod_module_probe_insert_module(module.get(), 0, nullptr, nullptr, nullptr, nullptr);
  }
  kmod_module_unref_list(list);
  return code == 0 ? Result<void>() : module_error("load module", name, std::abs(code));
}

Result<void> Real::unload_module(const std::string& name) {
  KmodContext context = kmod();
  kmod_module* raw = nullptr;
  int code = context ? kmod_module_new_from_name(context.get(), name.c_str(), &raw) : -ENOMEM;
  if (code == 0) {
    KmodModule module(raw, kmod_module_unref);
    code = kmod_module_remove_module(module.get(), KMOD_REMOVE_NOWAIT);
  }
  return code == 0 ? Result<void>() : module_error("unload module", name, std::abs(code));
}

std::string Real::kernel_release() {
  return names().release;
}
std::string Real::machine() {
  return names().machine;
}
std::string Real::boot_id() {
  const auto text = read("/proc/sys/kernel/random/boot_id");
  return text ? text->substr(0, text->find('\n')) : "";
}

std::string Real::host_name() {
  return names().nodename;
}
bool Real::is_root() {
  return ::geteuid() == 0;
}

bool Real::may_load_modules() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0)
    return false;
  return (data[0].effective & (1U << CAP_SYS_MODULE)) != 0;
}

std::string Real::env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

Result<BlockInfo> Real::block_info(const std::string& path) {
  std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)> probe(
      blkid_new_probe_from_filename(path.c_str()), blkid_free_probe);
  if (!probe)
    return Error{"open device", path, std::strerror(errno), "Name an existing block device.",
                 Exit::usage};
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_enable_partitions(probe.get(), 1);
  BlockInfo info;
  info.size = static_cast<std::uint64_t>(blkid_probe_get_size(probe.get()));
  const int found = blkid_do_safeprobe(probe.get());
  if (found == -2)
    info.signature = "several contradicting signatures";
  for (const char* key : {"TYPE", "PTTYPE"}) {
    const char* value = nullptr;
    if (info.signature.empty() && blkid_probe_lookup_value(probe.get(), key, &value, nullptr) == 0)
      info.signature = value;
  }
  return info;
}

bool Real::port_is_free(const std::string& address, int port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1; // a listener in TIME_WAIT does not count, a living one does
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::inet_pton(AF_INET, address.c_str(), &name.sin_addr) == 1 &&
         ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

Result<std::vector<std::string>> Real::discover(const std::string& portal, int seconds) {
  return Initiator("iqn.2026-11.scst-install:probe", portal, seconds).discover();
}

void Real::pause(int seconds) {
  ::sleep(static_cast<unsigned>(seconds));
}

} // namespace inst::sys
