package virtual

// Limits getInfo tells.
const (
	maxListed    = 8 // credential IDs in one allow or exclude list
	firmware     = 1 // firmwareVersion
	maxMinPINRPs = 4 // maxRPIDsForSetMinPINLength
)

// getInfo is authenticatorGetInfo (CTAP 2.1 §6.4).
func (c *Card) getInfo() map[int]any {
	v := c.options.Version
	info := map[int]any{
		0x01: c.versions(),
		0x03: c.state.AAGUID[:],
		0x04: c.optionIDs(),
	}
	if list := c.extensions(); len(list) > 0 {
		info[0x02] = list
	}
	if c.options.MaxMsgSize != MaxMsgSizeUntold {
		info[0x05] = c.options.MaxMsgSize
	}
	if !c.options.NoPIN {
		info[0x06] = c.options.PINProtocols
	}
	if v == FIDO20 {
		return info // the rest came with the drafts of 2.1
	}
	info[0x07] = maxListed
	info[0x08] = credentialIDLength
	info[0x09] = []string{"nfc"}
	info[0x0A] = []any{map[string]any{"alg": algES256, "type": publicKey}}
	if v == FIDO21Pre {
		return info
	}
	if !c.options.NoPIN {
		info[0x0C] = c.state.ForcePIN
		info[0x0D] = c.state.MinPINLength
		info[0x10] = maxMinPINRPs
	}
	info[0x0E] = firmware
	info[0x14] = c.remaining()
	return info
}

// remaining is the room left for discoverable credentials.
func (c *Card) remaining() int { return max(0, c.options.Capacity-len(c.state.Credentials)) }

func (c *Card) versions() []string {
	switch c.options.Version {
	case FIDO20:
		return []string{"FIDO_2_0"}
	case FIDO21Pre:
		return []string{"FIDO_2_0", "FIDO_2_1_PRE"}
	}
	return []string{"FIDO_2_0", "FIDO_2_1_PRE", "FIDO_2_1"}
}

// extensions are those the card knows. hmac-secret goes with the PIN: its key agreement is a subcommand of clientPIN.
func (c *Card) extensions() []string {
	var list []string
	if c.options.Version != FIDO20 {
		list = append(list, extCredProtect)
	}
	if !c.options.NoPIN {
		list = append(list, extHMACSecret)
		if c.options.Version == FIDO21 {
			list = append(list, extMinPINLength)
		}
	}
	return list
}

// optionIDs are the options of CTAP 2.1 §6.4 that this card has.
func (c *Card) optionIDs() map[string]bool {
	v, pin := c.options.Version, !c.options.NoPIN
	o := map[string]bool{"plat": false, "rk": true, "up": true}
	if pin {
		o["clientPin"] = c.state.pinSet()
		if v != FIDO20 {
			o["credentialMgmtPreview"] = true
		}
	}
	if v != FIDO21 {
		return o
	}
	o["makeCredUvNotRqd"] = c.uvNotRequired()
	if pin {
		o["pinUvAuthToken"] = true
		o["credMgmt"] = true
		o["authnrCfg"] = true
		o["setMinPINLength"] = true
		o["alwaysUv"] = c.state.AlwaysUV
	}
	return o
}

// uvNotRequired is the makeCredUvNotRqd option, which alwaysUv switches off (CTAP 2.1 §7.2.3).
func (c *Card) uvNotRequired() bool { return c.options.UVNotRequired && !c.state.AlwaysUV }
