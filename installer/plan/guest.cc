// SPDX-License-Identifier: GPL-2.0-only
// The guest road: the same packages in a Debian guest under QEMU, its portal forwarded. Pure.
#include "plan/builder.hh"

#include <fmt/format.h>

namespace inst::planning {
namespace {

/// Bytes that a Debian root, its packed copy and its image take while they are made.
constexpr std::uint64_t image_space = std::uint64_t{3} << 30;
constexpr int boot_seconds = 300; // an emulated processor is slow

/// Runs inside the image. The arguments hold no quote: they were checked as iSCSI names.
std::string setup_script(const Builder& b) {
  std::string text = "#!/bin/sh\nset -eu\nexec scst-install apply --yes --no-start --road native "
                     "--init systemd";
  text += fmt::format(" --device {} --target '{}'", guest_device, b.out.plan.target);
  for (const std::string& pattern : b.options.allow)
    text += fmt::format(" --allow '{}'", pattern);
  return text + '\n';
}

std::string key_of(const Builder& b, const std::string& setup) {
  std::string key = b.options.suite + '\n' + setup;
  for (const SourceFile& deb : b.facts.debs)
    key += deb.digest + ' ' + deb.path.substr(deb.path.rfind('/') + 1) + '\n';
  return key;
}

void check_guest(Builder& b) {
  if (b.facts.debs.empty())
    b.refuse(Exit::missing, "the guest needs our packages, and no .deb was found",
             "Build them and give their folder with --debs DIR.");
  if (const auto absent = b.missing({"qemu-system-x86_64", "mmdebstrap"}); !absent.empty())
    b.refuse(Exit::missing, fmt::format("missing: {}", fmt::join(absent, ", ")),
             b.install_hint(absent, ""));
  if (b.facts.guest_port == 0 && b.facts.free_port == 0)
    b.refuse(Exit::conflict, "no free port from 3260 to 3323 on 127.0.0.1",
             "Stop one of the services that listen there.");
  if (!b.options.root.empty())
    b.refuse(Exit::usage, "--road guest and --root exclude each other", "Leave one of them out.");
  if (!b.options.device.empty())
    b.refuse(Exit::usage, "--device cannot be served from a guest",
             "Leave it out: the guest makes a fresh file.");
}

/// The LUN lies outside of the guest, whose own disk is made anew with every version.
void plan_disk(Builder& b) {
  const std::string& path = b.facts.guest_disk;
  b.out.plan.data = path;
  FileEntry image{FileType::sparse, path, 0600};
  image.size = b.options.size;
  image.keep = true;
  b.add("guest-disk", fmt::format("make an empty sparse file of {} MiB", b.options.size >> 20),
        "the LUN's data; it stays when the guest stops", {path}, PutFiles{{image}});
  if (const std::uint64_t size = b.facts.guest_disk_size; size != 0 && size != b.options.size)
    b.note(fmt::format("{} is there already with {} MiB and is kept as it is", path, size >> 20));
}

} // namespace

void plan_guest(Builder& b) {
  if (b.options.chap)
    b.refuse(Exit::usage, "--chap: the guest's image would hold the secret",
             "Leave it out: the portal of the guest is on 127.0.0.1 only.");
  Plan& plan = b.out.plan;
  check_guest(b);
  const Facts& facts = b.facts;
  const int port = facts.guest_port != 0 ? facts.guest_port : facts.free_port;
  const std::string base = facts.cache_dir + "/guest";
  const std::string scripts = facts.data_dir + "/guest/";
  const std::string setup = setup_script(b);
  const std::string key = key_of(b, setup);
  if (facts.guest_image_key != key)
    b.need_space(facts.cache_dir, image_space);
  plan.state_dir = facts.cache_dir + "/install";
  plan.portal = fmt::format("127.0.0.1:{}", port);
  const std::string debs =
      facts.debs.empty() ? "" : facts.debs[0].path.substr(0, facts.debs[0].path.rfind('/'));
  b.add("guest-image", fmt::format("make a Debian {} guest with the packages", b.options.suite),
        "modules need a kernel that takes them", {base},
        GuestImage{scripts + "image", b.options.suite, base, debs, base + "/info", setup, key});
  plan_disk(b);
  b.add("guest-boot", "boot the guest in the background", "", {base + "/state", plan.portal},
        GuestBoot{scripts + "boot", scripts + "stop", base + "/info", base + "/state", key,
                  facts.guest_disk, port});
  b.add("wait-portal", "wait until the target answers", "", {},
        WaitPortal{plan.portal, plan.target, base + "/state", boot_seconds});
}

} // namespace inst::planning
