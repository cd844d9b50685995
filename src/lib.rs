//! Alibaba Cloud ECS SSH key pairs for Terraform and OpenTofu.
//!
//! The modules stand on each other like floors; a module uses only what stands below it:
//! [`plugin`] (the process that a host starts), [`cty`] (Terraform's values), [`framework`]
//! (the provider protocol) beside [`alicloud`] (the cloud's API), and [`provider`] on top.

pub mod alicloud;
pub mod cty;
pub mod framework;
pub mod openssh;
pub mod plugin;
pub mod provider;
