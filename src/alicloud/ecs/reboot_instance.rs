//! `RebootInstance`.

use crate::alicloud::call::Call;
use crate::alicloud::client::Client;
use crate::alicloud::endpoint::Service;
use crate::alicloud::error::Error;
use crate::alicloud::operation::Operation;
use crate::alicloud::request::Parameters;

/// Not repeatable: the second copy would reboot it again.
const REBOOT: Operation = Operation::once(Service::Ecs, "RebootInstance");

impl Client {
    /// Starts to reboot a running instance, by cutting its power if its system does not stop by itself. Returns long
    /// before it is up again.
    pub async fn reboot_instance(&self, call: &Call, instance_id: &str) -> Result<(), Error> {
        let parameters = Parameters::new().set("InstanceId", instance_id).set("ForceStop", "true");
        self.execute(REBOOT, parameters, call).await.map(drop)
    }
}
