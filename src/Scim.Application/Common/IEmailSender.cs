namespace Scim.Application.Common;

public sealed record EmailMessage(string To, string Subject, string Text)
{
    // A record prints its properties; this one may hold a token.
    public override string ToString() => nameof(EmailMessage);
}

public interface IEmailSender
{
    /// <exception cref="Domain.Errors.ScimException">503 when the message cannot be handed over.</exception>
    Task SendAsync(EmailMessage message, CancellationToken cancellationToken);
}
