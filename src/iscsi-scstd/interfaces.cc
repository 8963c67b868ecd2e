// SPDX-License-Identifier: GPL-2.0-only
#include "interfaces.hh"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace scstd {

namespace {

/// Not yet, or only for connections that this machine makes.
constexpr std::uint32_t kNotForOthers =
    IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TEMPORARY;

/// The address that a message is about as text; "": others do not reach it.
std::string address_of(const nlmsghdr* message) {
  const auto* head = static_cast<const ifaddrmsg*>(NLMSG_DATA(message));
  if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)) || head->ifa_scope >= RT_SCOPE_LINK)
    return {};
  std::uint32_t flags = head->ifa_flags;
  const void* address = nullptr;
  std::size_t size = 0;
  auto left = static_cast<int>(IFA_PAYLOAD(message));
  for (const rtattr* a = IFA_RTA(head); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    // On a link between two, IFA_ADDRESS is the other end.
    if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !address)) {
      address = RTA_DATA(a);
      size = RTA_PAYLOAD(a);
    }
    if (a->rta_type == IFA_FLAGS && RTA_PAYLOAD(a) == sizeof(flags))
      memcpy(&flags, RTA_DATA(a), sizeof(flags));
  }
  const std::size_t wanted = head->ifa_family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  char text[INET6_ADDRSTRLEN] = "";
  if (!address || size != wanted || (flags & kNotForOthers) ||
      !inet_ntop(head->ifa_family, address, text, sizeof(text)))
    return {};
  return text;
}

} // namespace

Interfaces::Interfaces()
    : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)) {
  sockaddr_nl us{};
  us.nl_family = AF_NETLINK;
  us.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (!fd_ || bind(fd_.get(), reinterpret_cast<const sockaddr*>(&us), sizeof(us))) {
    fd_ = UniqueFd();
    return;
  }
  ask();
}

void Interfaces::ask() {
  struct {
    nlmsghdr head;
    ifaddrmsg body;
  } request{};
  request.head.nlmsg_len = sizeof(request);
  request.head.nlmsg_type = RTM_GETADDR;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.ifa_family = AF_UNSPEC;
  again_ = asked_;
  if (asked_)
    return;
  coming_.clear();
  asked_ = send(fd_.get(), &request, sizeof(request), MSG_DONTWAIT) == sizeof(request);
}

/// True: the answer is whole.
bool Interfaces::take(const nlmsghdr* message) {
  if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
    asked_ = false;
    return message->nlmsg_type == NLMSG_DONE;
  }
  if (!(message->nlmsg_flags & NLM_F_MULTI)) // an address came or went: all are asked for anew
    ask();
  else if (std::string address = address_of(message); !address.empty())
    coming_.insert(std::move(address));
  return false;
}

bool Interfaces::update() {
  alignas(nlmsghdr) std::array<char, 32768> buf{};
  bool changed = false;
  for (;;) {
    const ssize_t n = recv(fd_.get(), buf.data(), buf.size(), MSG_DONTWAIT);
    if (n < 0 && errno == ENOBUFS) { // news were lost
      ask();
      continue;
    }
    if (n <= 0)
      return changed;
    auto left = static_cast<unsigned>(n);
    for (const auto* m = reinterpret_cast<const nlmsghdr*>(buf.data()); NLMSG_OK(m, left);
         m = NLMSG_NEXT(m, left)) {
      if (!take(m))
        continue;
      changed = changed || coming_ != addresses_;
      addresses_ = coming_;
      if (again_) {
        again_ = false;
        ask();
      }
    }
  }
}

} // namespace scstd
