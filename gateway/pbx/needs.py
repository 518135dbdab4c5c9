"""What the hotline needs of an Asterisk: modules, AMI rights, events. Ours is configured and others checked by it."""

from typing import Final

OLDEST_VERSION: Final = 20
"""The oldest major version of Asterisk that is supported."""

SAFE_FROM: Final = {"20": (20, 9, 2), "21": (21, 4, 2), "certified/20": (20, 7, 2)}
"""Before these, whoever may originate could write configuration files (CVE-2024-42365)."""

REQUIRED_MODULES: Final = (
    "pbx_config",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_pjproject",
    "res_rtp_asterisk",
    "res_timing_timerfd",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_authenticator_digest",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_registrar",
    "res_pjsip_caller_id",
    "chan_pjsip",
    "bridge_simple",
    "codec_alaw",
    "codec_ulaw",
    "app_dial",
    "app_queue",
    "app_stack",
    "app_originate",
    "app_softhangup",
    "app_channelredirect",
    "res_agi",
    "cel_custom",
)
"""Modules without which calls would be lost: Asterisk does not start without them."""

WANTED_MODULES: Final = (
    "res_speech",
    "res_cdrel_custom",
    "res_crypto",
    "res_http_websocket",
    "res_pjsip_transport_websocket",
    "res_srtp",
    "res_pjsip_pubsub",
    "res_pjsip_refer",
    "res_pjsip_rfc3326",
    "res_pjsip_dtmf_info",
    "res_pjsip_nat",
    "res_musiconhold",
    "bridge_builtin_features",
    "bridge_holding",
    "bridge_softmix",
    "codec_a_mu",
    "codec_resample",
    "format_pcm",
    "format_wav",
    "format_sln",
    "app_celgenuserevent",
    "app_mixmonitor",
    "app_chanspy",
    "app_playback",
    "app_userevent",
    "app_verbose",
    "app_exec",
    "func_callerid",
    "func_channel",
    "func_logic",
    "func_strings",
    "func_timeout",
    "func_hangupcause",
)
"""Modules that add to the service: browser phones, hold, transfers, prompts.

Without bridge_native_rtp: sound that goes round the core cannot be spoken into, and to bring it back takes 0.3 s.
"""

AMI_READ: Final = ("call", "agent", "system", "dtmf", "user")
"""Classes of events that are read: channels and bridges; the queue; start and stop; keys pressed; what ratings say."""

AMI_WRITE: Final = ("agent", "call", "originate", "reporting")
"""Classes of actions that are allowed: the queue's members, moving and ending a call, speaking to a caller, asking."""

AMI_EVENTS: Final = (
    "AgentCalled",
    "AgentComplete",
    "AgentConnect",
    "AgentRingNoAnswer",
    "AttendedTransfer",
    "BlindTransfer",
    "BridgeEnter",
    "BridgeLeave",
    "BridgeMerge",
    "ChanSpyStart",
    "ChanSpyStop",
    "ContactStatus",
    "DTMFEnd",
    "DialBegin",
    "DialEnd",
    "DialState",
    "FullyBooted",
    "Hangup",
    "HangupRequest",
    "Hold",
    "LocalBridge",
    "LocalOptimizationBegin",
    "LocalOptimizationEnd",
    "MixMonitorMute",
    "MixMonitorStart",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
    "NewCallerid",
    "Newchannel",
    "Newstate",
    "Pickup",
    "QueueCallerAbandon",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueMemberAdded",
    "QueueMemberPause",
    "QueueMemberRemoved",
    "QueueMemberStatus",
    "Rename",
    "Shutdown",
    "SoftHangupRequest",
    "Unhold",
    "UserEvent",
)
"""Events that are read, by name: a quarter of what Asterisk would send."""
