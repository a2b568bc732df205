// SPDX-License-Identifier: Apache-2.0
// While it lives, this process has no more rights than any user: root's tests of permissions need it.
#pragma once
#include <sys/types.h>
#include <unistd.h>

namespace segfleet {

class AsNobody {
 public:
  AsNobody() : user_(::geteuid()) {
    if (user_ == 0) changed_ = ::seteuid(65534) == 0;
  }
  ~AsNobody() {
    if (changed_) (void)!::seteuid(user_);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  uid_t user_;
  bool changed_ = false;
};

}  // namespace segfleet
