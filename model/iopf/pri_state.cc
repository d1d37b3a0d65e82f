// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/iopf/pri_state.h"

#include <new>

#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

pri_wide_state* find(const pri_place& p) {
  pri_wide_state* w = p.dev->wide.peek();
  while (w != nullptr && (w->what != p.what || w->pasid != p.pasid || w->grpid != p.grpid))
    w = w->next;
  return w;
}

// A device uses no PASID that has not been bound, unless it asks for any.
u64 unwritten(const pri_place& p) {
  return p.what == pri_state::stopped && (p.dev->flags.peek() & PRI_ANY_PASID) == 0;
}

}  // namespace

pri_place bonds_of(pri_device* dev, unsigned pasid) {
  return {dev, pasid < iopf_pasids ? &dev->bonds[pasid] : nullptr, pri_state::bonds, pasid, 0};
}
pri_place pasid_entry_of(pri_device* dev, unsigned pasid) {
  return {dev, pasid < iopf_pasids ? &dev->entries[pasid] : nullptr, pri_state::entries, pasid, 0};
}
pri_place stopped_of(pri_device* dev, unsigned pasid) {
  return {dev, pasid < iopf_pasids ? &dev->stopped[pasid] : nullptr, pri_state::stopped, pasid, 0};
}
pri_place outstanding_of(pri_device* dev, unsigned pasid, unsigned grpid) {
  const bool narrow = pasid < iopf_pasids && grpid < iopf_prgs;
  return {dev, narrow ? &dev->outstanding[pasid][grpid] : nullptr, pri_state::outstanding, pasid,
          grpid};
}
pri_place begun_of(pri_device* dev, unsigned grpid) {
  return {dev, grpid < iopf_prgs ? &dev->begun[grpid] : nullptr, pri_state::begun, 0, grpid};
}

u64 peek(const pri_place& p) {
  if (p.word != nullptr) return p.word->peek();
  const pri_wide_state* const w = find(p);
  return w == nullptr ? unwritten(p) : w->value;
}

UNSEEN void poke(const pri_place& p, u64 value) {
  if (p.word != nullptr) return p.word->poke(value);
  pri_wide_state* w = find(p);
  if (w == nullptr) {
    w = ::new (scratch(sizeof(pri_wide_state)))
        pri_wide_state{p.dev->wide.peek(), p.what, p.pasid, p.grpid, 0};
    p.dev->wide.poke(w);
  }
  w->value = value;
}

u64 read_once(const pri_place& p) {
  if (p.word != nullptr) return READ_ONCE(*p.word);
  spin_lock(&p.dev->wide_lock);
  const u64 value = peek(p);
  spin_unlock(&p.dev->wide_lock);
  return value;
}

void write_once(const pri_place& p, u64 value) {
  if (p.word != nullptr) return WRITE_ONCE(*p.word, value);
  spin_lock(&p.dev->wide_lock);
  poke(p, value);
  spin_unlock(&p.dev->wide_lock);
}

u64 claim(const pri_place& p) {
  if (p.word != nullptr) return cmpxchg(*p.word, u64{0}, u64{1});
  spin_lock(&p.dev->wide_lock);
  const u64 was = peek(p);
  if (was == 0) poke(p, 1);
  spin_unlock(&p.dev->wide_lock);
  return was;
}

}  // namespace iorace::kern::iopf
