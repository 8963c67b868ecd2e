// SPDX-License-Identifier: GPL-2.0-only
// Real: detached OpenPGP signatures, by GPGME. Each check has a keyring of its own that holds the
// named keys and is gone afterwards: the user's keys vouch for nothing, and are not touched.
#include "sys/real.hh"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gpgme.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace inst::sys {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 16;

Error fault(const Signed& what, const std::string& cause, const std::string& hint) {
  return {"check the signature", what.file, cause, hint, Exit::verification};
}

Error gpg_error_of(const Signed& what, gpgme_error_t error) {
  return fault(what, gpgme_strerror(error), "Is GnuPG installed? See 'gpg --version'.");
}

struct Release {
  void operator()(gpgme_ctx_t context) const { gpgme_release(context); }
  void operator()(gpgme_data_t data) const { gpgme_data_release(data); }
  void operator()(archive* a) const { archive_read_free(a); }
};
using Context = std::unique_ptr<gpgme_context, Release>;
using Data = std::unique_ptr<gpgme_data, Release>;
using Archive = std::unique_ptr<archive, Release>;

/// A folder that only we may enter, for the life of the object.
class Home {
public:
  Home() {
    std::string pattern = (std::filesystem::temp_directory_path() / "scst-install-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr)
      path_ = pattern;
  }
  ~Home() {
    std::error_code ignored;
    if (!path_.empty())
      std::filesystem::remove_all(path_, ignored);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// What GPGME reads the content of a compressed file from.
ssize_t read_content(void* handle, void* buffer, size_t size) {
  auto* content = static_cast<archive*>(handle);
  const la_ssize_t n = archive_read_data(content, buffer, size);
  if (n >= 0)
    return n;
  errno = EIO;
  return -1;
}

/// Any compression, no archive: the bytes as they are inside.
Archive open_content(const std::string& path) {
  Archive content(archive_read_new());
  archive_read_support_filter_all(content.get());
  archive_read_support_format_raw(content.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_filename(content.get(), path.c_str(), block_size) != ARCHIVE_OK ||
      archive_read_next_header(content.get(), &entry) != ARCHIVE_OK)
    return nullptr;
  return content;
}

Data file_data(const std::string& path) {
  gpgme_data_t data = nullptr;
  return Data(gpgme_data_new_from_file(&data, path.c_str(), 1) == GPG_ERR_NO_ERROR ? data
                                                                                   : nullptr);
}

/// A context that knows the keys of the keyring and no others.
Result<Context> context_with(const Signed& what, const Home& home) {
  static const char* const version = gpgme_check_version(nullptr); // sets the library up
  if (version == nullptr || home.path().empty())
    return fault(what, "no folder for the keys can be made", "Make room in the folder TMPDIR.");
  gpgme_ctx_t made = nullptr;
  if (const gpgme_error_t error = gpgme_new(&made); error != GPG_ERR_NO_ERROR)
    return gpg_error_of(what, error);
  Context context(made);
  gpgme_error_t error =
      gpgme_ctx_set_engine_info(made, GPGME_PROTOCOL_OpenPGP, nullptr, home.path().c_str());
  if (error == GPG_ERR_NO_ERROR)
    error = gpgme_set_ctx_flag(made, "auto-key-retrieve", "0");
  const Data keys = file_data(what.keyring);
  if (!keys)
    return fault(what, fmt::format("the keys in {} cannot be read", what.keyring),
                 "Put the file there; the catalog names it.");
  if (error == GPG_ERR_NO_ERROR)
    error = gpgme_op_import(made, keys.get());
  if (error != GPG_ERR_NO_ERROR)
    return gpg_error_of(what, error);
  const gpgme_import_result_t imported = gpgme_op_import_result(made);
  if (imported == nullptr || imported->imported == 0)
    return fault(what, fmt::format("there is no key in {}", what.keyring),
                 "Put the file there; the catalog names it.");
  return context;
}

std::string cause_of(const Signed& what, const gpgme_signature_t signature) {
  const std::string key = signature->fpr == nullptr ? "?" : signature->fpr;
  switch (gpgme_err_code(signature->status)) {
  case GPG_ERR_BAD_SIGNATURE:
    return fmt::format("it is not what the key {} has signed", key);
  case GPG_ERR_NO_PUBKEY:
    return fmt::format("it is signed by the key {}, which is none of those in {}", key,
                       what.keyring);
  default:
    return fmt::format("the signature by the key {} does not count: {}", key,
                       gpgme_strerror(signature->status));
  }
}

/// One good signature is enough; all others must be by keys that are not known.
Result<std::string> judge(const Signed& what, gpgme_ctx_t context) {
  const gpgme_verify_result_t result = gpgme_op_verify_result(context);
  std::string good;
  std::string cause = "there is no signature in " + what.signature;
  for (gpgme_signature_t s = result == nullptr ? nullptr : result->signatures; s != nullptr;
       s = s->next) {
    const gpgme_err_code_t code = gpgme_err_code(s->status);
    if (code == GPG_ERR_NO_ERROR) {
      good = s->fpr;
      continue;
    }
    cause = cause_of(what, s);
    if (code != GPG_ERR_NO_PUBKEY)
      return fault(what, cause, "Remove it and get it anew from where it is published.");
  }
  if (good.empty())
    return fault(what, cause,
                 "Get file and signature anew. If its project has a new key, put that into a "
                 "keyring of your own and name it in /etc/scst-install/catalog.d.");
  return good;
}

} // namespace

Result<std::string> Real::check_signature(const Signed& what) {
  const Home home;
  auto context = context_with(what, home);
  if (!context)
    return context.error();
  const Archive content = what.content ? open_content(what.file) : nullptr;
  if (what.content && !content)
    return fault(what, "it cannot be decompressed", "It is damaged: get it anew.");
  gpgme_data_cbs callbacks{read_content, nullptr, nullptr, nullptr};
  gpgme_data_t made = nullptr;
  if (content && gpgme_data_new_from_cbs(&made, &callbacks, content.get()) != GPG_ERR_NO_ERROR)
    return fault(what, "out of memory", "");
  // From a file GPGME would read all of it into memory first, so it is handed over open.
  FILE* stream = content ? nullptr : std::fopen(what.file.c_str(), "re");
  const std::unique_ptr<FILE, int (*)(FILE*)> closer(
      stream, [](FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  if (!content &&
      (stream == nullptr || gpgme_data_new_from_stream(&made, stream) != GPG_ERR_NO_ERROR))
    return fault(what, std::strerror(errno), "");
  const Data data(made);
  const Data signature = file_data(what.signature);
  if (!signature)
    return fault(what, fmt::format("its signature {} cannot be read", what.signature), "");
  const gpgme_error_t error = gpgme_op_verify(context->get(), signature.get(), data.get(), nullptr);
  if (error != GPG_ERR_NO_ERROR && gpgme_err_code(error) != GPG_ERR_NO_DATA)
    return gpg_error_of(what, error);
  return judge(what, context->get());
}

} // namespace inst::sys
