// SPDX-License-Identifier: GPL-2.0-only
// libiscsi behind RAII and Result. One command at a time; no reconnects, so that a fault shows.
#include "sys/iscsi.hh"

extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}

#include <algorithm>
#include <cstring>

namespace inst::sys {
namespace {

using Task = std::unique_ptr<scsi_task, void (*)(scsi_task*)>;

Task own(scsi_task* task) {
  return {task, scsi_free_scsi_task};
}

/// Initiators pad INQUIRY text with spaces.
std::string trimmed(const char* text) {
  std::string s(text);
  s.erase(s.find_last_not_of(' ') + 1);
  return s;
}

void destroy(iscsi_context* context) {
  if (context == nullptr)
    return;
  if (iscsi_is_logged_in(context) != 0)
    iscsi_logout_sync(context);
  iscsi_destroy_context(context);
}

} // namespace

Initiator::Initiator(std::string name, std::string portal, int seconds)
    : name_(std::move(name)), portal_(std::move(portal)), seconds_(seconds),
      session_(nullptr, destroy) {}

Initiator::Context Initiator::new_context() const {
  Context context(iscsi_create_context(name_.c_str()), destroy);
  iscsi_set_noautoreconnect(context.get(), 1);
  iscsi_set_timeout(context.get(), seconds_);
  iscsi_set_tcp_user_timeout(context.get(), seconds_ * 1000);
  return context;
}

Error Initiator::failed(const std::string& what, iscsi_context* context) const {
  const char* cause = iscsi_get_error(context);
  return {what, portal_, cause != nullptr && *cause != '\0' ? cause : "no answer",
          "Look at the kernel log and the log of iscsi-scstd on the target.", Exit::service};
}

Result<std::vector<std::string>> Initiator::discover() {
  Context context = new_context();
  iscsi_set_session_type(context.get(), ISCSI_SESSION_DISCOVERY);
  if (iscsi_connect_sync(context.get(), portal_.c_str()) != 0)
    return failed("connect to portal", context.get());
  if (iscsi_login_sync(context.get()) != 0)
    return failed("log in for discovery", context.get());
  iscsi_discovery_address* found = iscsi_discovery_sync(context.get());
  const char* complaint = iscsi_get_error(context.get());
  if (found == nullptr && complaint != nullptr && *complaint != '\0')
    return failed("discover targets", context.get());
  std::vector<std::string> names;
  for (const iscsi_discovery_address* at = found; at != nullptr; at = at->next)
    names.emplace_back(at->target_name);
  iscsi_free_discovery_data(context.get(), found);
  return names;
}

Result<void> Initiator::login(const std::string& target, int lun) {
  Context context = new_context();
  iscsi_set_session_type(context.get(), ISCSI_SESSION_NORMAL);
  iscsi_set_targetname(context.get(), target.c_str());
  if (iscsi_full_connect_sync(context.get(), portal_.c_str(), lun) != 0)
    return failed("log in to " + target, context.get());
  session_ = std::move(context);
  lun_ = lun;
  return {};
}

Result<Inquiry> Initiator::inquiry() {
  Task task = own(iscsi_inquiry_sync(session_.get(), lun_, 0, 0, 255));
  if (!task || task->status != SCSI_STATUS_GOOD)
    return failed("INQUIRY", session_.get());
  const auto* data = static_cast<scsi_inquiry_standard*>(scsi_datain_unmarshall(task.get()));
  if (data == nullptr)
    return failed("INQUIRY", session_.get());
  return Inquiry{data->device_type, trimmed(data->vendor_identification),
                 trimmed(data->product_identification), trimmed(data->product_revision_level)};
}

Result<Capacity> Initiator::capacity() {
  Task task = own(iscsi_readcapacity16_sync(session_.get(), lun_));
  if (!task || task->status != SCSI_STATUS_GOOD)
    return failed("READ CAPACITY(16)", session_.get());
  const auto* data = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task.get()));
  if (data == nullptr || data->block_length == 0)
    return failed("READ CAPACITY(16)", session_.get());
  return Capacity{data->returned_lba + 1, data->block_length};
}

Result<void> Initiator::write(std::uint64_t lba, std::uint32_t block_size,
                              std::vector<std::uint8_t>& data) {
  Task task = own(iscsi_write16_sync(session_.get(), lun_, lba, data.data(),
                                     static_cast<std::uint32_t>(data.size()),
                                     static_cast<int>(block_size), 0, 0, 0, 0, 0));
  if (!task || task->status != SCSI_STATUS_GOOD)
    return failed("WRITE(16)", session_.get());
  return {};
}

Result<void> Initiator::read(std::uint64_t lba, std::uint32_t block_size,
                             std::vector<std::uint8_t>& data) {
  Task task =
      own(iscsi_read16_sync(session_.get(), lun_, lba, static_cast<std::uint32_t>(data.size()),
                            static_cast<int>(block_size), 0, 0, 0, 0, 0));
  if (!task || task->status != SCSI_STATUS_GOOD ||
      task->datain.size != static_cast<int>(data.size()))
    return failed("READ(16)", session_.get());
  std::copy_n(task->datain.data, data.size(), data.begin());
  return {};
}

} // namespace inst::sys
