using FluentValidation;
using MediatR;
using Scim.Domain.Errors;

namespace Scim.Application.Common.Behaviors;

/// <summary>Refuses a request whose validators object, naming the field.</summary>
internal sealed class ValidationBehavior<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public async Task<TResponse> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TResponse> next
    )
    {
        foreach (var validator in validators)
        {
            var result = await validator.ValidateAsync(request, cancellationToken);
            if (!result.IsValid)
            {
                throw ScimError.Invalid(result.ToDictionary().AsReadOnly());
            }
        }

        return await next();
    }
}
