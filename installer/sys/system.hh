// SPDX-License-Identifier: GPL-2.0-only
// Everything that scst-install asks of, or does to, the machine. Nothing else in installer/
// touches files, processes, modules, the network, the clock or the environment.
#pragma once

#include "result.hh"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace inst::sys {

enum class FileType { none, regular, directory, symlink, block, other };

struct Stat {
  FileType type = FileType::none;
  unsigned mode = 0;         ///< permission bits
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t dev = 0;     ///< device the file lies on
  std::uint64_t ino = 0;     ///< inode number
  std::uint64_t rdev = 0;    ///< for a device node: its own number
  std::int64_t mtime_ns = 0; ///< last change of the content, ns since the epoch
};

struct Command {
  std::vector<std::string> argv;         ///< never goes through a shell
  std::string log;                       ///< file to append the output to; empty: none
  std::function<void(int seconds)> tick; ///< called about every two seconds while it runs
  bool echo = false;                     ///< pass its standard error on to ours
  std::string input{};                   ///< what its standard input holds
  bool hold_lock = false; ///< the lock lasts until it and its children ended, even without us
};

struct Output {
  int status = 0;   ///< exit status, 128 + signal when killed
  std::string out;  ///< standard output
  std::string tail; ///< last part of standard output and standard error together
};

/// One try to fetch a file.
struct Download {
  std::string url;  ///< http, https, ftp or file
  std::string path; ///< what is there already is the beginning of it, and is continued
  std::function<void(std::uint64_t now, std::uint64_t total)>
      progress; ///< bytes; total 0 = unknown
};

struct DownloadEnd {
  bool whole = false;
  bool transient = false; ///< trying again may help
  std::string cause;      ///< "" when it is whole
};

/// What an archive may grow to. A bomb is refused, not unpacked in part.
struct UnpackLimits {
  std::uint64_t bytes = std::uint64_t{8} << 30;
  std::uint64_t entries = 1'000'000;
  std::uint64_t ratio = 200; ///< bytes unpacked for each byte of the archive …
  std::uint64_t slack = std::uint64_t{64} << 20; ///< … which counts from this many bytes on
};

struct Unpacked {
  std::string top; ///< name of the one folder that everything lies in
  std::uint64_t bytes = 0, entries = 0;
};

/// A file and its detached OpenPGP signature.
struct Signed {
  std::string file, signature;
  std::string keyring;  ///< file of the keys that may have made it; there are no others
  bool content = false; ///< it is of what the compressed file holds
};

struct BlockInfo {
  std::uint64_t size = 0; ///< bytes
  std::string signature;  ///< "ext4", "LVM2_member", "gpt" …; empty: none found
};

/// Held as long as it lives.
class Lock {
public:
  virtual ~Lock() = default;
};

class System {
public:
  virtual ~System() = default;

  // Files. Paths are absolute; stat() does not follow a final link.
  virtual Stat stat(const std::string& path) = 0;
  virtual Result<std::string> read(const std::string& path) = 0;
  virtual Result<std::string> read_link(const std::string& path) = 0;
  /// Names without "." and "..", sorted; empty when the folder cannot be read.
  virtual std::vector<std::string> list(const std::string& path) = 0;
  /// Lower-case hex SHA-256 of the content.
  virtual Result<std::string> digest(const std::string& path) = 0;
  /// True when no block of the file was ever written (a fresh sparse file).
  virtual bool is_blank(const std::string& path) = 0;
  virtual std::uint64_t free_space(const std::string& path) = 0;

  // Changes. A file appears under its name whole and synced, or not at all.
  virtual Result<void> write(const std::string& path, std::string_view text, unsigned mode) = 0;
  virtual Result<void> copy(const std::string& from, const std::string& to, unsigned mode) = 0;
  virtual Result<void> make_sparse(const std::string& path, std::uint64_t size, unsigned mode) = 0;
  virtual Result<void> make_link(const std::string& target, const std::string& path) = 0;
  virtual Result<void> make_dir(const std::string& path, unsigned mode) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// False when the folder is not empty or cannot be removed.
  virtual bool remove_dir(const std::string& path) = 0;
  /// What a killed write(), copy() or make_sparse() of path left beside it.
  virtual void remove_partial(const std::string& path) = 0;
  /// Appends and syncs; the file is made with mode 0600.
  virtual Result<void> append(const std::string& path, std::string_view text) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// The folder with all that is in it; links are not followed. Not there: nothing to do.
  virtual Result<void> remove_tree(const std::string& path) = 0;
  /// Unpacks a tar archive into an empty folder. Refused as a whole, with what is wrong: absolute
  /// paths, "..", links that leave the folder, devices, bombs, more than one top folder. Owners,
  /// set-id bits and write permission for others are not taken over.
  virtual Result<Unpacked> unpack(const std::string& archive, const std::string& dir,
                                  const UnpackLimits& limits) = 0;
  /// Fingerprint of the key that made the signature; an error where it is not good.
  virtual Result<std::string> check_signature(const Signed& what) = 0;
  virtual void flush(const std::string& dir) = 0; ///< makes new names in a folder last
  /// Makes everything last that was written below the folder `root` ("" = of the machine), by
  /// whatever program: all file systems that an installation writes to.
  virtual Result<void> settle(const std::string& root) = 0;
  /// Another one after each boot; "" where that cannot be told.
  virtual std::string boot_id() = 0;
  virtual Result<std::unique_ptr<Lock>> lock(const std::string& path) = 0;

  // Processes and modules.
  virtual Result<Output> run(const Command& command) = 0;
  virtual std::string find_program(const std::string& name) = 0; ///< empty: not in PATH
  virtual std::vector<std::string> loaded_modules() = 0;
  virtual Result<void> load_module(const std::string& name) = 0;
  virtual Result<void> unload_module(const std::string& name) = 0;

  // Machine.
  virtual std::string kernel_release() = 0;
  virtual std::string machine() = 0; ///< "x86_64"
  virtual std::string host_name() = 0;
  virtual bool is_root() = 0;
  virtual bool may_load_modules() = 0; ///< CAP_SYS_MODULE is effective
  virtual std::string env(const std::string& name) = 0;
  virtual Result<BlockInfo> block_info(const std::string& path) = 0;

  // Network.
  virtual bool port_is_free(const std::string& address, int port) = 0;
  /// SendTargets over a discovery session; names of the targets. One try, at most `seconds`.
  virtual Result<std::vector<std::string>> discover(const std::string& portal, int seconds) = 0;
  virtual DownloadEnd download(const Download& what) = 0;
  virtual void pause(int seconds) = 0;
};

std::string digest_of(std::string_view text);
/// Letters and digits that nobody can guess; "" when there is no randomness to be had.
std::string random_word(std::size_t length);
/// The folder and what is missing above it, mode 0755.
Result<void> make_folders(System& sys, const std::string& path);

} // namespace inst::sys
