/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks and knobs as an input wants them: any configuration that the core accepts. */
#ifndef RUBATO_FUZZ_CLOCKS_H
#define RUBATO_FUZZ_CLOCKS_H

#include "core/policy.h"
#include "fuzz.h"

namespace fuzz
{

/*
 * Changes one clock or knob of @config. What the core refuses changes nothing, and the refusal has
 * words. Return: whether it was accepted.
 */
bool change(Input &in, rub_config &config);

/* Mostly what a person would write; any struct at all, too. */
rubato_schedule schedule(Input &in);

/* A tempo within its bounds. */
u32 tempo(Input &in);

} // namespace fuzz

#endif
