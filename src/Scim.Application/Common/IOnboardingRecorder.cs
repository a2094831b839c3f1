using Scim.Domain.Tenants;

namespace Scim.Application.Common;

/// <summary>What an identity provider's administrator sees happen, one after the other, when a client is set up.</summary>
public enum OnboardingStep
{
    /// <summary>A request named the client, whether or not its credential was good.</summary>
    Reached,

    /// <summary>A read of users or groups was answered.</summary>
    LookupAnswered,

    FirstUser,
}

/// <summary>Remembers when a step first happened to a client. Never blocks and never throws.</summary>
public interface IOnboardingRecorder
{
    void Record(TenantId tenant, Guid client, OnboardingStep step);
}
