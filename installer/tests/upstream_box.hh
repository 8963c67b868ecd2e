// SPDX-License-Identifier: GPL-2.0-only
// A root of a Gentoo of 2009 with a folder of archives, made of the fixtures beside this file, and
// a System that is real but for chroot: programs get paths below the root instead.
#pragma once

#include "apply/executor.hh"
#include "catch.hh"
#include "machine.hh"
#include "sys/real.hh"

#include <filesystem>
#include <map>
#include <string>

namespace inst::test {

class UpstreamSystem final : public sys::Real {
public:
  explicit UpstreamSystem(std::string base) : base_(std::move(base)), root_(base_ + "/root") {}

  std::vector<std::string> runs;
  std::string compiler = "4.3.4";
  std::string boot = "this boot";
  int settled = 0;

  Result<sys::Output> run(const sys::Command& command) override;
  std::string env(const std::string& name) override;
  Result<void> settle(const std::string& /*root*/) override {
    settled++;
    return {};
  }
  std::string boot_id() override { return boot; }
  /// Good if it says so.
  Result<std::string> check_signature(const sys::Signed& what) override;
  bool is_root() override { return true; }

private:
  [[nodiscard]] std::string below_root(const std::string& argument) const;
  [[nodiscard]] int rc_update(const std::vector<std::string>& args) const;

  std::string base_, root_;
};

class UpstreamBox {
public:
  UpstreamBox();
  std::string machine = "x86_64"; ///< that it stands for
  std::vector<FcPort> fc_ports;   ///< that it has
  ~UpstreamBox();
  UpstreamBox(const UpstreamBox&) = delete;
  UpstreamBox& operator=(const UpstreamBox&) = delete;

  [[nodiscard]] const std::string& base() const { return base_; }
  [[nodiscard]] std::string root() const { return base_ + "/root"; }
  [[nodiscard]] std::string offline() const { return base_ + "/offline"; }
  /// With the real catalog. Options get root, folder and kernel.
  [[nodiscard]] Planned plan(UpstreamSystem& sys, Options options = {}) const;
  [[nodiscard]] std::string text(const std::string& path) const;
  void put(const std::string& path, const std::string& text) const;
  /// The kernel of the fixtures under another version, into the folder of archives, with a
  /// signature.
  void offer_kernel(const std::string& version) const;
  /// As a package of Debian brings the same, with the files that our hook is for.
  void install_source_package(const std::string& name, const std::string& version) const;
  /// Name → version, for dpkg.
  void install_packages(const std::map<std::string, std::string>& packages) const;
  /// A release of the fixtures, with patches: path in the archive → one of the fixtures.
  void offer(const std::string& fixture, const std::string& archive,
             const std::map<std::string, std::string>& patches = {}) const;
  /// path → kind, mode and content of all below the root, journal and log aside.
  [[nodiscard]] std::map<std::string, std::string> snapshot() const;

private:
  std::string base_;
};

/// The box with what goes a road in it.
struct UpstreamBench {
  UpstreamBox box;
  UpstreamSystem sys{box.base()};
  Progress silent;
  Journal journal{sys, box.root() + "/var/lib/scst-install"};
  Apply apply{sys, journal, silent};

  UpstreamBench() { REQUIRE(journal.lock()); }

  void install(const Options& options = {}) {
    const Planned planned = box.plan(sys, options);
    INFO(refused(planned));
    REQUIRE(planned.refusals.empty());
    const auto done = apply.run(planned.plan);
    INFO((done ? "" : done.error().line() + done.error().hint));
    REQUIRE(done);
  }
  [[nodiscard]] bool there(const std::string& path) const {
    return std::filesystem::exists(std::filesystem::symlink_status(box.root() + path));
  }
};

} // namespace inst::test
