// SPDX-License-Identifier: GPL-2.0-only
// A real folder as the root to install into, and a System that is real except for the programs
// dkms and systemctl, which it plays itself inside that folder.
#pragma once

#include "apply/executor.hh"
#include "plan/plan.hh"
#include "sys/real.hh"

#include <map>
#include <string>

namespace inst::test {

class SandboxSystem final : public sys::Real {
public:
  explicit SandboxSystem(std::string root) : root_(std::move(root)) {}

  int copies_left = -1;     ///< copies from the payload that fit on the disk; -1 = all
  bool build_fails = false; ///< dkms build ends with an error
  std::vector<std::string> runs;

  Result<sys::Output> run(const sys::Command& command) override;
  Result<void> settle(const std::string& /*root*/) override {
    return {};
  } ///< nobody cuts the power
  Result<void> copy(const std::string& from, const std::string& to, unsigned mode) override;

private:
  int dkms(const std::vector<std::string>& args);
  int systemctl(const std::vector<std::string>& args);

  std::string root_;
};

class Sandbox {
public:
  Sandbox(); ///< makes the folder with some files of "others" in it
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::string& payload() const { return payload_; }
  /// Facts of the folder through the real gatherer, made ready for an offline install.
  [[nodiscard]] Plan plan(SandboxSystem& sys) const;
  /// path → kind, mode and content of all below the root, journal and log aside.
  [[nodiscard]] std::map<std::string, std::string> snapshot() const;
  void put(const std::string& path, const std::string& text) const;
  [[nodiscard]] std::string text(const std::string& path) const;

private:
  std::string base_, root_, payload_;
};

} // namespace inst::test
