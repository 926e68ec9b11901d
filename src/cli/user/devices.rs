//! `keydesk user devices` and `forget-device`.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, one_line, print, print_json};
use crate::domain::sessions::{self, Device};
use crate::domain::users;
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::ids::DeviceId;

/// Whose devices to list.
#[derive(Args, Debug)]
pub(in crate::cli) struct Devices {
    /// Username, e-mail address or id.
    login: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which device to forget.
#[derive(Args, Debug)]
pub(in crate::cli) struct ForgetDevice {
    /// Id of the device.
    #[arg(value_name = "ID", value_parser = read_id)]
    device: DeviceId,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn read_id(text: &str) -> Result<DeviceId, String> {
    let said = "no id of a device; keydesk user devices NAME lists them";
    DeviceId::parse(text).ok_or_else(|| said.to_owned())
}

impl Devices {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let user = login::find(app, actor, &self.login).await?;
        let devices = sessions::list_devices_of(app, actor, &[user.id]).await?;
        if self.json {
            return print_json(&Value::Array(devices.iter().map(as_json).collect()));
        }
        if devices.is_empty() {
            note(&format!("{} has no trusted device", user.username));
        }
        devices.iter().try_for_each(|device| print(&line(device)))
    }
}

fn as_json(device: &Device) -> Value {
    json!({
        "id": device.id.to_string(),
        "ipAddress": device.ip_address,
        "userAgent": device.user_agent,
        "createdAt": device.created_at.to_rfc3339(),
        "lastUsedAt": device.last_used_at.to_rfc3339(),
        "expiresAt": device.expires_at.to_rfc3339(),
    })
}

fn line(device: &Device) -> String {
    format!(
        "{}  last used {}  until {}  {:39}  {}",
        device.id,
        device.last_used_at.to_rfc3339(),
        device.expires_at.to_rfc3339(),
        device.ip_address.as_deref().unwrap_or("-"),
        one_line(device.user_agent.as_deref().unwrap_or("-")),
    )
}

impl ForgetDevice {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let reason = self.reason.as_deref();
        let id = users::revoke_device(app, actor, Some(self.device), reason).await?;
        if self.json {
            return print_json(&json!({ "deviceId": id.to_string(), "changed": true }));
        }
        note(&format!("forgot {id}; its sessions go on"));
        Ok(())
    }
}
