//! A local stand-in for the Alibaba Cloud ECS API.
