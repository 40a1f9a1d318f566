// What hook.c adds to libfido2, beside the calls it wraps.
#ifndef TAPSTATION_FIDO_HOOK_H
#define TAPSTATION_FIDO_HOOK_H

#include <stddef.h>
#include <stdint.h>

#include <fido.h>

// How a device opens, as fidoOpening answers.
#define OPENS_BY_ITSELF 0
#define OPENS_OVER_SESSION 1

// Sets the minimum PIN length, or with min_length 0 forces a PIN change (CTAP 2.1 section 6.11.4), on the device at
// path. It wipes pin. FIDO_ERR_UNSUPPORTED_OPTION where libfido2 is too old to know authenticatorConfig.
int fido_hook_configure(const char *path, const char *pin, size_t min_length);

// Cancels what the device is doing, from any thread.
void fido_hook_cancel(uintptr_t dev);

#endif
